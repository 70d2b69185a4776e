"""Django's own controls, written by Python: the same elements as its templates, ten times sooner.

A page of filters or a form has some hundred options, each of which would cost three templates.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.html import conditional_escape, escape

Context = Mapping[str, Any]


def _text(value: Any) -> str:
    return conditional_escape(value if isinstance(value, str) else localize(value))


def _attributes(given: Mapping[str, Any]) -> str:
    return "".join(
        f" {escape(name)}"
        if value is True
        else f' {escape(name)}="{conditional_escape(str(value))}"'
        for name, value in given.items()
        if value is not False
    )


def _input(widget: Context) -> str:
    value = widget["value"]
    told = "" if value is None else f' value="{conditional_escape(str(value))}"'
    start = f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"'
    return f"{start}{told}{_attributes(widget['attrs'])}>"


def _textarea(widget: Context) -> str:
    value = _text(widget["value"]) if widget["value"] else ""
    start = f'<textarea name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>'
    return f"{start}\n{value}</textarea>"


def _option(widget: Context) -> str:
    value = conditional_escape(str(widget["value"]))
    return (
        f'<option value="{value}"{_attributes(widget["attrs"])}>{_text(widget["label"])}</option>'
    )


def _select(widget: Context) -> str:
    lines = [f'<select name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, options, _ in widget["optgroups"]:
        drawn = map(_option, options)
        lines += [f'<optgroup label="{_text(group)}">', *drawn, "</optgroup>"] if group else drawn
    return "\n".join([*lines, "</select>"])


def _choice(widget: Context) -> str:
    if not widget.get("wrap_label"):
        return f"<div>{_input(widget)}</div>"
    target = _attributes({"for": widget["attrs"].get("id") or False})
    return f"<div><label{target}>{_input(widget)} {_text(widget['label'])}</label></div>"


def _choices(widget: Context) -> str:
    given = {name: widget["attrs"].get(name) or False for name in ("id", "class")}
    lines = [f"<div{_attributes(given)}>"]
    for group, options, _ in widget["optgroups"]:
        drawn = map(_choice, options)
        lines += [f"<div><label>{_text(group)}</label>", *drawn, "</div>"] if group else drawn
    return "\n".join([*lines, "</div>"])


def _of_widget(draw: Callable[[Context], str]) -> Callable[[Context], str]:
    return lambda context: draw(context["widget"])


def _label(context: Context) -> str:
    if not context["use_tag"]:
        return _text(context["label"])
    tag = context["tag"]
    return f"<{tag}{_attributes(context['attrs'])}>{_text(context['label'])}</{tag}>"


_INPUTS = ("text", "hidden", "checkbox", "email", "password", "number", "tel", "search")
DRAWN: dict[str, Callable[[Context], str]] = {
    "django/forms/label.html": _label,
    "django/forms/widgets/select.html": _of_widget(_select),
    "django/forms/widgets/radio.html": _of_widget(_choices),
    "django/forms/widgets/checkbox_select.html": _of_widget(_choices),
    "django/forms/widgets/textarea.html": _of_widget(_textarea),
    **{f"django/forms/widgets/{kind}.html": _of_widget(_input) for kind in _INPUTS},
}
