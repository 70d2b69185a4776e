"""What every template may use without loading it."""

import re
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django import template
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as read_url
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from maillage.core import calendar
from maillage.core.addresses import address

register = template.Library()

NARROW, NBSP, NONE = "\u202f", "\u00a0", "–"
STATE_ICONS = {
    "late": "exclamation-triangle-fill",
    "soon": "clock-fill",
    "done": "check-circle-fill",
    "info": "info-circle-fill",
    "": "circle",
}
MESSAGE_KINDS = {"success": "done", "warning": "soon", "error": "late"}


@register.simple_tag(takes_context=True)
def csrf_token(context) -> SafeString | str:
    """Django's token, with the membership and the address of the page, that a form sends back: a
    page tells nobody where it was read, ourselves included."""
    token, membership = context.get("csrf_token"), context.get("membership")
    if not token or token == "NOTPROVIDED":  # nosec B105  # as Django says none
        return ""
    asked = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
    if membership is None:
        return asked
    page = context["request"].get_full_path() if "request" in context else ""
    return asked + format_html(
        '<input type="hidden" name="_as" value="{}"><input type="hidden" name="_page" value="{}">',
        membership.pk,
        page,
    )


class AddressNode(URLNode):
    def render(self, context) -> str:
        if self.kwargs or self.asvar:
            return super().render(context)
        args = [arg.resolve(context) for arg in self.args]
        return conditional_escape(address(self.view_name.resolve(context), *args))


@register.tag
def url(parser, token) -> AddressNode:
    """Django's, by way of `address`."""
    read = read_url(parser, token)
    return AddressNode(read.view_name, read.args, read.kwargs, read.asvar)


@register.filter
def number(value: int | float | Decimal | None, places: int | None = None) -> str:
    """« 1 544 », « 12,5 »; « – » where there is no figure, which is not 0."""
    if value is None or value == "":
        return NONE
    if type(value) is int and places is None:
        return f"{value:,}".replace(",", NARROW).replace("-", "\u2212")
    exact = Decimal(str(value))
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)
    elif exact == exact.to_integral_value():
        exact = exact.quantize(Decimal(1))
    return f"{exact:,f}".replace(",", NARROW).replace(".", ",").replace("-", "\u2212")


@register.filter
def euros(value: int | float | Decimal | None) -> str:
    """« 200 € », « 12,50 € »: cents are written where there are some."""
    if value is None or value == "":
        return NONE
    exact = Decimal(str(value))
    places = 0 if exact == exact.to_integral_value() else 2
    return f"{number(exact, places)}{NBSP}€"


@register.filter
def cents(value: int) -> str:
    """« 66,67 € » of 6 667 cents: exact, no float on the way."""
    return euros(Decimal(value) / 100)


@register.simple_tag
def percent(part: int, base: int) -> str:
    """« 73,4 % »; « – » where the base is nothing."""
    if not base:
        return NONE
    return f"{number(Decimal(part) * 100 / Decimal(base), 1)}{NBSP}%"


def _local(value: date | datetime) -> date | datetime:
    return timezone.localtime(value) if isinstance(value, datetime) else value


def _day(value: date | datetime) -> date:
    local = _local(value)
    return local.date() if isinstance(local, datetime) else local


@register.filter
def long_date(value: date | datetime | None) -> str:
    """« mardi 3 février 2026 »."""
    return calendar.long_date(_day(value)) if value else NONE


@register.filter
def short_date(value: date | datetime | None) -> str:
    """« 03/02/2026 »."""
    return calendar.short_date(_day(value)) if value else NONE


@register.filter
def hour(value: time | datetime | None) -> str:
    """« 18 h 15 »."""
    if value is None or value == "":
        return NONE
    return calendar.hour(timezone.localtime(value).time() if isinstance(value, datetime) else value)


@register.filter
def ago(value: date | datetime | None) -> str:
    """« il y a 5 mois », « dans 3 jours »."""
    return calendar.age_of_thing(_day(value), timezone.localdate()) if value else NONE


@register.filter
def masked(name: str) -> str:
    """« S. D. » for a name that is not shown yet."""
    return NBSP.join(f"{word[0].upper()}." for word in str(name).split())


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """A drawing beside a word that says the same."""
    return format_html('<span class="icon bi bi-{}" aria-hidden="true"></span>', name)


@register.simple_tag
def state(word: str, kind: str = "") -> SafeString:
    """A state by its word, shape and colour; the kind is late, soon, done, info or nothing."""
    return _state(conditional_escape(word), kind)


@lru_cache(maxsize=1024)
def _state(escaped: SafeString, kind: str) -> SafeString:
    return format_html('<span class="state {}">{}{}</span>', kind, icon(STATE_ICONS[kind]), escaped)


@register.simple_tag
def bar(part: int | float | Decimal | None, whole: int | float | Decimal | None) -> SafeString:
    """A bar as long as the part is of the whole, beside the figure that says it."""
    share = min(max(float(part or 0) / float(whole), 0), 1) * 100 if whole else 0
    return format_html(
        '<svg class="bar" aria-hidden="true" preserveAspectRatio="none">'
        '<rect class="track" width="100%" height="100%"/>'
        '<rect class="part" width="{}%" height="100%"/></svg>',
        f"{share:.1f}",
    )


@register.simple_tag(takes_context=True)
def nav_current(context, address: str, exact: bool = False) -> SafeString | str:
    """Marks the word of the navigation under whose address the page stands."""
    path = context["request"].path
    if path == address:
        return format_html(' aria-current="{}"', "page")
    return (
        format_html(' aria-current="{}"', "true") if path.startswith(address) and not exact else ""
    )


@register.inclusion_tag("core/_breadcrumb.html")
def breadcrumb(*labels_and_addresses: str, here: str = "") -> dict:
    """`{% breadcrumb "Dossiers" url "D-2031" url here="Sortie" %}`: three words at most."""
    if len(labels_and_addresses) % 2 or len(labels_and_addresses) // 2 + bool(here) > 3:
        raise template.TemplateSyntaxError("a breadcrumb has at most three words, each its address")
    pairs = zip(labels_and_addresses[::2], labels_and_addresses[1::2], strict=True)
    return {"steps": list(pairs), "here": here}


@register.simple_tag(takes_context=True)
def query(context, **changes: str | int | None) -> str:
    """The address of this page with other parameters; `None` takes one away."""
    params = context["request"].GET.copy()
    for key, value in changes.items():
        params.pop(key, None)
        if value is not None:
            params[key] = str(value)
    return f"?{params.urlencode()}" if params else context["request"].path


@register.filter
def anchor(field) -> str:
    """Where the link of an error leads: the first control of the field."""
    return f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label


@register.filter
def read_as(field) -> str | None:
    """How a typed date was understood (« mardi 3 février 2026 »); `None` for any other field."""
    reading = getattr(field.field, "read_back", None)
    return reading(field.value()) if reading else None


@register.filter
def message_kind(level_tag: str) -> str:
    return MESSAGE_KINDS.get(level_tag, "info")


@register.filter
def message_icon(level_tag: str) -> str:
    return STATE_ICONS[message_kind(level_tag)]


@register.filter
def undo_url(extra_tags: str | None) -> str:
    """The address of a message sent with `extra_tags="undo:/espace/…"`."""
    given = re.search(r"(?:^|\s)undo:(/(?!/)\S*)", extra_tags or "")
    return given[1] if given else ""
