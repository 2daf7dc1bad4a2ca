"""Handing an author's code to a guest: one function that waits to be run, and nothing beside it."""

from __future__ import annotations

from services.executor import script
from services.executor.guest import Guest
from services.executor.source import AUTHOR_FILE, CodeFault, CodeFaultError, compile_fault_of, wrapped

# Made before the author's text is read, which may close our wrapper and go on with code of its own. Only a program
# whose text is all that was evaluated leaves no room for such.
_WATCH = """(() => {
  const textOf = Function.prototype.call.bind(Function.prototype.toString);
  return { text: '', whole: false, set program(value) { this.whole = textOf(value) === this.text; } };
})()"""
_BROKEN_OUT = CodeFault("SyntaxError", "The code closes the function that it stands in: there is a } too many.")


def define(guest: Guest, code: str) -> None:
    """Compile code and give it to the prelude. Raises CodeFaultError, and what entering a guest raises."""
    text, columns = wrapped(code)
    try:
        watch = script.evaluate(guest, _WATCH, "penstock:watch")
        script.set_property(guest, watch, "text", text.removeprefix("(").removesuffix(")"))
        program = script.evaluate(guest, text, AUTHOR_FILE)
        if not _is_whole(guest, watch, program):
            raise CodeFaultError(_BROKEN_OUT)
        file = script.new_string(guest, AUTHOR_FILE)
        number = guest.call("qjs_new_number", float(columns))
        script.checked(guest, guest.call("penstock_define", program, file, number))
    except script.ScriptError as error:
        fault = compile_fault_of(code, error.name, error.message, error.stack, columns=columns)
        raise CodeFaultError(fault) from None


def _is_whole(guest: Guest, watch: int, program: int) -> bool:
    script.set_property(guest, watch, "program", program)
    is_whole = script.text_of(guest, script.property_of(guest, watch, "whole")) == "true"
    guest.call("qjs_free_value", watch)
    return is_whole
