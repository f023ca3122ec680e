# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the picture of the layouts shows: one small example of each, laid out from the spec.

Every name, offset and size comes from the spec; only which records, capabilities and device type
the example has is chosen here. Colours and fonts are in templates/layouts.svg.j2.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as _field

from ...model import Body, Format, Spec
from ..tables.rows import CAP_HEAD

WIDTH = 900
COLUMN = 436  # width of a panel
LEFT = (8, 456)  # where the panels of each column begin
GUTTER = 44  # for offsets and, next to the cells, a lane for arrows
ROW = 24  # height of a row of cells
CAPTION = 18
GAP = 10
INDENT = 14  # of a sub-record
LANE = 10  # from the cells to an arrow beside them
BETWEEN = 32  # panels
# Of one character, in parts of the font size; generous, because fonts differ.
MONO = 0.61

# Records of the tlv example, with their sub-records.
TLV_EXAMPLE = {
    "DEVICE": [],
    "REGION": ["PCI_BAR_INDEX", "INDEX"],
    "INTERRUPT": ["COUNT"],
    "END": [],
}


@dataclass
class Piece:
    """A field of the example, or several fields of zero in a row."""

    name: str
    offset: int
    width: int  # bytes
    style: str  # 'head', 'body' or 'zero'


@dataclass
class Cell:
    """A piece on the page; one that is wider than what is left of a row has two."""

    x: float
    y: float
    width: float
    height: float
    label: str
    style: str
    font: float


@dataclass
class Text:
    x: float
    y: float
    text: str
    style: str  # 'title', 'caption', 'note' or 'offset'
    strong: str = ""  # in front of text, in bold
    turned: bool = False


@dataclass
class Sheet:
    """All shapes of the picture."""

    width: int = WIDTH
    height: float = 0
    desc: str = ""
    cells: list[Cell] = _field(default_factory=list)
    texts: list[Text] = _field(default_factory=list)
    frames: list[tuple[float, float, float, float]] = _field(default_factory=list)
    lines: list[str] = _field(default_factory=list)
    arrows: list[str] = _field(default_factory=list)


def font_for(label: str, width: float, largest: float = 11) -> float:
    """The largest size at which the label fits."""
    room = (width - 4) / (MONO * max(len(label), 1))
    return max(8, min(largest, int(room * 2) / 2))


def pieces(body: Body, at: int = 0, style: str = "body") -> list[Piece]:
    """The fields of a body; an array shows one element, fields of zero become one piece."""
    found: list[Piece] = []
    for field in body.fields:
        offset = at + (field.offset or 0)
        if field.kind == "array":
            for inner in field.struct.fields:
                name = f"{field.name}[0].{inner.name}"
                found.append(Piece(name, offset + inner.offset, inner.width, style))
            continue
        zero = field.must is not None and field.must.value == 0 and body.kind != "head"
        if zero and found and found[-1].style == "zero":
            found[-1].width += field.width
        else:
            found.append(Piece(field.name, offset, field.width, "zero" if zero else style))
    return found


def cap_head() -> list[Piece]:
    return [Piece(name, offset, width, "head") for name, offset, width, _ in CAP_HEAD]


class Panel:
    """One layout, drawn from top to bottom."""

    def __init__(self, sheet: Sheet, column: int, top: float, bytes_per_row: int = 16):
        self.sheet = sheet
        self.left = LEFT[column]
        self.x = self.left + GUTTER
        self.y = top
        self.per_row = bytes_per_row
        self.scale = 352 / bytes_per_row
        self.places: dict[str, tuple[float, float, float]] = {}  # name: x, y, width

    @property
    def right(self) -> float:
        return self.x + self.per_row * self.scale

    def title(self, strong: str, text: str, lines: list[str]) -> None:
        self.sheet.texts.append(Text(self.left, self.y + 16, f" {text}", "title", strong))
        self.y += 20
        for line in lines:
            self.sheet.texts.append(Text(self.left, self.y + 14, line, "note"))
            self.y += 16
        self.y += 6

    def caption(self, strong: str, text: str = "", indent: int = 0) -> None:
        at = self.x + indent
        text = f" {text}" if text else ""
        self.sheet.texts.append(Text(at, self.y + 13, text, "caption", strong))
        self.y += CAPTION

    def rows(self, parts: list[Piece], base: int, indent: int = 0, key: str = "") -> None:
        """Cells in rows; base is what their offsets count from. Rows of zero become one."""
        column = 0
        for part in parts:
            left = part.width
            while left:
                if not column:
                    self._offset(base + part.offset + part.width - left)
                width = min(left, self.per_row - column)
                covers = left if part.style == "zero" and not column else width
                self._cell(part, column, width, indent, covers, key)
                left -= covers
                column = (column + width) % self.per_row
                if not column:
                    self.y += ROW
        if column:
            self.y += ROW

    def _offset(self, value: int) -> None:
        self.sheet.texts.append(Text(self.x - 2 * LANE, self.y + 16, str(value), "offset"))

    def _cell(
        self, part: Piece, column: int, width: int, indent: int, covers: int, key: str
    ) -> None:
        label = part.name
        if part.style == "zero":
            label = f"zero, {covers} bytes" if covers > width else "zero"
        x, span = self.x + indent + column * self.scale, width * self.scale
        self.sheet.cells.append(
            Cell(x + 0.5, self.y + 0.5, span - 1, ROW - 1, label, part.style, font_for(label, span))
        )
        self.places.setdefault(f"{key}{part.name}", (x, self.y, span))

    def strip(self, names: list[str]) -> None:
        """Small cells of equal width, one a slot."""
        span = self.per_row * self.scale / max(len(names), 9)
        for number, name in enumerate(names):
            x = self.x + number * span
            self.sheet.cells.append(
                Cell(x + 0.5, self.y + 0.5, span - 1, 19, name, "slot", font_for(name, span, 10))
            )
        self.y += 20

    def bracket(self, top: float, bottom: float, text: str, beside: float = 6) -> None:
        """What a length covers."""
        x = self.right + beside
        self.sheet.lines.append(f"M{x:g} {top + 1:g}h5V{bottom - 1:g}h-5")
        middle = (top + bottom) / 2
        self.sheet.texts.append(Text(x + 16, middle, text, "turned", turned=True))

    def frame(self, top: float) -> None:
        """Around a record that has sub-records."""
        width = self.per_row * self.scale + INDENT + 8
        self.sheet.frames.append((self.x - 4, top - 3, width, self.y - top + 6))


def sub_record(panel: Panel, fmt: Format, name: str, base: int) -> int:
    """A sub-record with head and content in one go; the offset behind it."""
    body, head = fmt.records[name], fmt.record
    parts = pieces(head, style="head") + pieces(body, head.fixed_size, "inner")
    panel.y += 2
    panel.caption(name, f"type {tag_of(body)}", INDENT)
    panel.rows(parts, base, INDENT, key=f"{name}.")
    return base + max(part.offset + part.width for part in parts)


def tag_of(body: Body) -> str:
    return str(body.tag) if body.tag < 256 else f"0x{body.tag:x}"


def record(panel: Panel, fmt: Format, name: str, base: int, inside: list[str]) -> int:
    """A record at top level, with the sub-records named; the offset behind it."""
    body, head = fmt.records[name], fmt.record
    panel.caption(name, f"type {tag_of(body)}")
    if inside:
        panel.y += 3  # the frame's
    top = panel.y
    parts = pieces(body, head.fixed_size)
    if head.fixed_size + body.fixed_size <= panel.per_row:
        panel.rows(pieces(head, style="head") + parts, base, key=f"{name}.")
    else:
        panel.rows(pieces(head, style="head"), base, key=f"{name}.")
        panel.rows(parts, base, key=f"{name}.")
    at = base + head.fixed_size + body.fixed_size
    for one in inside:
        at = sub_record(panel, fmt, one, at)
    if inside:
        panel.y += 2
        panel.frame(top)
        panel.bracket(top, panel.y, "rec_len", INDENT + 9)
        panel.y += 4
    panel.y += GAP
    return at


def draw_tlv(panel: Panel, fmt: Format) -> None:
    head = fmt.record.fixed_size
    panel.title(
        "tlv", fmt.title,
        [f"Every record begins with the same {head} bytes and may hold sub-records.",
         "A whole file: one region, which is a BAR, and one interrupt."],
    )
    panel.caption("header", f"{fmt.header.fixed_size} bytes")
    panel.rows(pieces(fmt.header, style="head"), 0)
    panel.y += GAP
    at = fmt.header.fixed_size
    for name, inside in TLV_EXAMPLE.items():
        at = record(panel, fmt, name, at, inside)
    panel.y -= GAP
    panel.sheet.texts.append(Text(panel.x - 2 * LANE, panel.y + 14, str(at), "offset"))
    panel.sheet.texts.append(Text(panel.x, panel.y + 14, "end of the file", "note"))
    panel.y += CAPTION


def draw_array(panel: Panel, fmt: Format, records: Format) -> None:
    header, region, irq = fmt.header, fmt.slots["region"], fmt.slots["irq"]
    panel.title(
        "array", fmt.title,
        [f"Region N is at {header.fixed_size} + {region.fixed_size} × N.",
         "What has no place in a slot goes into the tail."],
    )
    panel.caption("header", f"{header.fixed_size} bytes")
    panel.rows(pieces(header, style="head"), 0, key="header.")
    panel.y += GAP
    at = header.fixed_size
    for name, body in (("region", region), ("irq", irq)):
        panel.caption(f"{name} slot 0", f"{body.fixed_size} bytes")
        panel.rows(pieces(body), at, key=f"{name}.")
        panel.y += GAP
        at += body.fixed_size
    top = panel.y + CAPTION
    panel.caption("tail", "sub-records of region 0, as in tlv")
    head, areas = records.record, records.records["AREAS"]
    parts = pieces(head, style="head")
    panel.rows(parts, at)
    panel.rows(pieces(areas, head.fixed_size, "inner"), at)
    panel.bracket(top, panel.y, "tail_size")
    x, y, _ = panel.places["region.tail"]
    panel.sheet.arrows.append(f"M{x:g} {y + ROW / 2:g}h{-LANE}V{top + ROW / 2:g}h{LANE - 2}")


def draw_fixed(panel: Panel, fmt: Format) -> None:
    region, irq = fmt.slots["region"], fmt.slots["irq"]
    example = fmt.types["VFIO_PCI"]
    panel.title(
        "fixed", fmt.title,
        ["The type says which slots there are and where each region begins."],
    )
    panel.caption("header", f"{fmt.header.fixed_size} bytes")
    panel.rows(pieces(fmt.header, style="head"), 0, key="header.")
    panel.y += GAP
    at = fmt.header.fixed_size
    for body, names, kind in ((region, example.regions, "region"), (irq, example.irqs, "irq")):
        panel.caption(
            f"{kind} slot", f"{body.fixed_size} bytes, {len(names)} of them with {example.name}"
        )
        panel.rows(pieces(body), at, key=f"{kind}.")
        panel.strip(names)
        panel.y += GAP
        at += body.fixed_size * len(names)
    panel.caption("device_type", "and where region i begins on the device fd")
    for one in fmt.types.values():
        begins = f"i << {one.shift}" if one.num_regions != 0 else "no region"
        bus = ", ".join(member.name for member in one.bus)
        panel.sheet.texts.append(Text(panel.x - 2 * LANE, panel.y + 12, str(one.id), "offset"))
        for x, text in ((0, one.name), (72, begins), (146, bus)):
            panel.sheet.texts.append(Text(panel.x + x, panel.y + 12, text, "mono"))
        panel.y += 16


def draw_linux(panel: Panel, fmt: Format) -> None:
    reply = fmt.replies["region_info"]
    caps = [fmt.chains[reply.chain].caps[name] for name in ("TYPE", "SPARSE_MMAP")]
    panel.title(
        "linux", f"Reply of {reply.call}",
        ["Links count from the first byte of the reply.",
         "No capability says its own length; nothing counts them."],
    )
    panel.caption(reply.c, f"{reply.fixed_size} bytes")
    top = panel.y
    panel.rows(pieces(reply), 0, key="reply.")
    head = max(part.offset + part.width for part in cap_head())
    at, link = reply.fixed_size, "reply.cap_offset"
    for number, cap in enumerate(caps):
        last = number == len(caps) - 1
        run = panel.y + GAP
        panel.y += GAP + 4
        panel.caption(cap.name, f"id {cap.tag}, the last: next is 0" if last else f"id {cap.tag}")
        parts = cap_head() + pieces(cap, head, "inner")
        panel.rows(parts, at, key=f"{cap.name}.")
        link_to(panel, link, run, panel.places[f"{cap.name}.id"][1])
        at += max(part.offset + part.width for part in parts)
        link = f"{cap.name}.next"
    panel.bracket(top, panel.y, "argsz", 2 * LANE)


def link_to(panel: Panel, link: str, run: float, target: float) -> None:
    """An arrow from a link through the gap at `run` to the row at `target`."""
    x, y, span = panel.places[link]
    lane = panel.x - LANE
    if x + span >= panel.right:
        start = f"M{x + span:g} {y + ROW / 2:g}h{LANE}V{run:g}"
    else:
        start = f"M{x + span / 2:g} {y + ROW:g}V{run:g}"
    panel.sheet.arrows.append(f"{start}H{lane:g}V{target + ROW / 2:g}h{LANE - 2}")


LEGEND = (
    ("head", "header, or head of a record or capability"),
    ("body", "fields"),
    ("inner", "fields of a sub-record or capability"),
    ("zero", "must be zero"),
)


def draw_legend(panel: Panel) -> None:
    for style, text in LEGEND:
        panel.sheet.cells.append(Cell(panel.x + 0.5, panel.y + 0.5, 43, 15, "", style, 11))
        panel.sheet.texts.append(Text(panel.x + 54, panel.y + 12, text, "note"))
        panel.y += 20
    panel.sheet.texts.append(
        Text(panel.x, panel.y + 14, "Numbers on the left are offsets in bytes.", "note")
    )
    panel.y += CAPTION


DESC = (
    "Four ways to describe a device, drawn as rows of fields with their byte offsets. "
    "tlv: a header and records {records}, where REGION and INTERRUPT hold sub-records. "
    "array: a header of {header} bytes, slots of {slot} bytes, and a tail that a slot points to. "
    "fixed: a header whose device_type is one of {types}, then slots of {region} and {irq} bytes. "
    "linux: {reply}, whose cap_offset leads to a TYPE capability and its next to SPARSE_MMAP."
)


def describe(formats: dict[str, Format]) -> str:
    """The picture in words, for those who do not see it."""
    array, fixed = formats["array"], formats["fixed"]
    return DESC.format(
        records=", ".join(TLV_EXAMPLE),
        header=array.header.fixed_size,
        slot=array.slots["region"].fixed_size,
        types=", ".join(fixed.types),
        region=fixed.slots["region"].fixed_size,
        irq=fixed.slots["irq"].fixed_size,
        reply=formats["linux"].replies["region_info"].c,
    )


def draw(spec: Spec) -> Sheet:
    formats = spec.formats
    sheet = Sheet(desc=describe(formats))
    tlv = Panel(sheet, 0, 4)
    draw_tlv(tlv, formats["tlv"])
    linux = Panel(sheet, 0, tlv.y + BETWEEN)
    draw_linux(linux, formats["linux"])
    legend = Panel(sheet, 0, linux.y + BETWEEN)
    draw_legend(legend)
    array = Panel(sheet, 1, 4)
    draw_array(array, formats["array"], formats["tlv"])
    fixed = Panel(sheet, 1, array.y + BETWEEN, bytes_per_row=20)
    draw_fixed(fixed, formats["fixed"])
    sheet.height = max(legend.y, fixed.y) + 8
    return sheet
