"""What a learner meets who runs a cell in the middle once more, after all the others: names that mean two things.

A cell that reads `charts` draws those of its own section only as long as no later cell has put others under that name.
So of the names that one cell leaves and another reads, each is given in one cell, or by the same statement in all.
Left out: names that a cell gives and reads itself, whatever others do with them; and what happens to an object.
"""

import ast
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Cell:
    """The names of a code cell, by what is done with them outside of its functions and inside."""

    source: str

    @cached_property
    def given(self) -> dict[str, str]:
        """The names that it assigns, imports or defines, each with the statements that do."""
        names: set[str] = set()
        for node in _outside(ast.parse(self.source)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names |= {(one.asname or one.name).split(".")[0] for one in node.names}
        return {name: " ".join(sorted(_statements(self.source, name))) for name in names}

    @cached_property
    def functions(self) -> dict[str, set[str]]:
        """Its functions and classes, each with the names that it reads from around it."""
        tables = (table for table in _table(self.source).get_children() if table.get_name().isidentifier())
        found: dict[str, set[str]] = {}
        for table in tables:
            if table.get_name() not in ("listcomp", "setcomp", "dictcomp", "genexpr", "lambda"):
                found[table.get_name()] = found.get(table.get_name(), set()) | set(_from_around(table))
        return found

    @cached_property
    def read(self) -> set[str]:
        """The names that it reads and does not give, in functions of its own too."""
        read = {name for table in _table(self.source).get_children() for name in _from_around(table)}
        for node in _outside(ast.parse(self.source)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                read.add(node.id)
            elif isinstance(node, COMPREHENSIONS):
                names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
                own = {part.id for part in names if isinstance(part.ctx, ast.Store)}
                own |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
                read |= {part.id for part in names} - own
        return read - self.given.keys()


def meaning_two_things(sources: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Names that some cell reads and that several others give in different ways, with the numbers of these."""
    cells = [Cell(_plain(source)) for source in sources]
    inside = {name: reads for cell in cells for name, reads in cell.functions.items()}
    found: dict[str, tuple[int, ...]] = {}
    for number, cell in enumerate(cells):
        for name in _followed(cell.read, inside) - cell.given.keys():
            givers = [i for i, other in enumerate(cells) if name in other.given]
            if len({cells[i].given[name] for i in givers}) > 1 and givers[0] < number:
                found[name] = tuple(givers)
    return found


def _plain(source: str) -> str:
    """Without magics."""
    return "\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!")))


def _table(source: str) -> symtable.SymbolTable:
    return symtable.symtable(source, "cell", "exec")


def _outside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a cell outside of its functions and comprehensions, whose names are their own.

    Read off the tree: from Python 3.12 on comprehensions have no table of their own.
    """
    yield node
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
        return
    if isinstance(node, COMPREHENSIONS):
        yield from _outside(node.generators[0].iter)  # is computed before it begins
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside(child)


def _from_around(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (sign.get_name() for sign in table.get_symbols() if sign.is_global())
    for inner in table.get_children():
        yield from _from_around(inner)


def _followed(names: set[str], functions: dict[str, set[str]]) -> set[str]:
    """These names, and those that the functions among them read, and so on."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += functions.get(name, ())
    return seen


def _statements(source: str, name: str) -> set[str]:
    """What gives a name its meaning: an assignment, the head of a loop or of a block, an import, a definition."""
    return {words for node in ast.walk(ast.parse(source)) if (words := _meaning(node, name))}


def _meaning(node: ast.AST, name: str) -> str:
    if isinstance(node, ast.Import | ast.ImportFrom):
        origin = getattr(node, "module", None) or ""
        return " ".join(f"{origin}.{one.name}" for one in node.names if (one.asname or one.name).split(".")[0] == name)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return ast.unparse(node) if node.name == name else ""
    for field in ("targets", "target", "optional_vars"):
        targets = getattr(node, field, None) or []
        for target in targets if isinstance(targets, list) else [targets]:
            if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(target)):
                values = (getattr(node, source, None) for source in ("value", "iter", "context_expr"))
                return " = ".join(map(ast.unparse, [target, *filter(None, values)]))
    return ""
