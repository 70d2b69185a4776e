"""Forms as the design system draws them."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Draws form fields with our own templates, found like any other."""

    form_template_name = "core/form.html"
    field_template_name = "core/field.html"
