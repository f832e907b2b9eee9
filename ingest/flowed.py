"""format=flowed (RFC 3676): lines that a program broke, made whole again."""


def reflowed(text: str, *, delete_space: bool = False) -> str:
    """RFC 3676: lines that end with a space go on in the next line of the same quote depth."""
    lines: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        inside = line.lstrip(">")
        depth = len(line) - len(inside)
        inside = inside.removeprefix(" ")  # 4.4: the stuffed space
        flows = inside.endswith(" ") and inside != "-- "  # 4.3: a signature mark never flows
        inside = inside[:-1] if flows and delete_space else inside
        if open_depth == depth and inside != "-- ":
            lines.append(inside)
        else:
            lines.append(("\n" if lines else "") + (">" * depth + " " if depth else "") + inside)
        open_depth = depth if flows else -1
    return "".join(lines)
