"""Read a page as a browser does, enough to tell what is text in it and what is not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> list[Element]:
        found = [one for child in self.children for one in child.all(tag)]
        return [self, *found] if self.tag == tag else found

    def one(self, id: str) -> Element:
        (found,) = [element for element in self.everything if element.attributes.get("id") == id]
        return found

    @property
    def everything(self) -> list[Element]:
        return [self, *(one for child in self.children for one in child.everything)]

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


class _Reader(HTMLParser):
    """Refuses what a browser would repair: an element not closed, or closed twice."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), (tag, names)
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, (tag, [element.tag for element in self.open])
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element.text += data


def read_page(content: bytes) -> Element:
    reader = _Reader()
    reader.feed(content.decode("utf-8"))
    reader.close()
    assert len(reader.open) == 1, [element.tag for element in reader.open]
    return reader.open[0]


def page_data(page: Element) -> dict:
    return json.loads(page.one("data").text)
