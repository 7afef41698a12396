"""Pages and texts from the jinja2 templates in the folders `templates` of our packages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from samurai.painting.pages import stylesheet


def render(
    package: str, template: str, filters: dict[str, Callable[..., str]], **values: Any
) -> str:
    """Fills in a template: `templates/NAME` of a package.

    Args:
        package: with its dots, for example `samurai.evaluation.pictures`.
        template: the file's name. In those of HTML, every value is escaped; `stylesheet` is the
            style of all pages.
        filters: the template's own, by name.
        values: by their names in the template.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(package),
        autoescape=".html" in template,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters)
    environment.globals["stylesheet"] = stylesheet()
    return environment.get_template(template).render(values)
