"""Decides by itself: program.py LIBRARY DIRECTORY TICKET. Waits for a line before it asks again."""

import ctypes
import os
import sys

library, directory, ticket = sys.argv[1:]
sclera = ctypes.CDLL(library)
pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
for name, result, arguments in [
    ("attach", ctypes.c_int, [ctypes.c_uint32, text, ctypes.POINTER(pointer)]),
    ("session_from_ticket", ctypes.c_int, [pointer, text, size, ctypes.POINTER(pointer)]),
    ("check", ctypes.c_int, [pointer, text, size, ctypes.c_uint32]),
    ("prepare", ctypes.c_uint64, [pointer, text, size, ctypes.c_uint32]),
    ("holds", ctypes.c_int, [pointer, ctypes.c_uint64]),
    ("held", ctypes.c_uint32, [pointer, text, size]),
    ("session_refresh", ctypes.c_int, [pointer]),
    ("session_is_over", ctypes.c_int, [pointer]),
    ("session_user", size, [pointer, text, size]),
    ("session_roles", size, [pointer, text, size]),
    ("session_release", None, [pointer]),
    ("instance_release", None, [pointer]),
    ("last_error_code", ctypes.c_int, []),
    ("last_error", size, [text, size]),
]:
    function = getattr(sclera, "sclera_" + name)
    function.restype, function.argtypes = result, arguments

READ, WRITE, USE = 1, 2, 4


def copied(function, *arguments):
    buffer = ctypes.create_string_buffer(512)
    function(*arguments, buffer, 512)
    return buffer.value.decode()


def made(status, what):
    if status != 0:
        sys.exit(f"{what}: {sclera.sclera_last_error_code()}: {copied(sclera.sclera_last_error)}")


def check(name, permissions):
    return sclera.sclera_check(session, name.encode(), len(name.encode()), permissions)


with open(ticket, "rb") as file:
    ticket = bytearray(file.read())
instance, session, other = pointer(), pointer(), pointer()
made(sclera.sclera_attach(1, os.fsencode(directory), ctypes.byref(instance)), "attach")
made(sclera.sclera_session_from_ticket(instance, bytes(ticket), len(ticket), ctypes.byref(session)), "session")
user = copied(sclera.sclera_session_user, session)
roles = copied(sclera.sclera_session_roles, session)
read = sclera.sclera_prepare(session, b"AppData", 7, READ)
print(
    f"{user} {roles}: {check('appdata', READ)}{check('AppData', READ | WRITE)}{check('NoSuch', READ)} "
    f"{sclera.sclera_held(session, b'AppData', 7)} "
    f"{sclera.sclera_holds(session, read)}{sclera.sclera_holds(session, 0)}"
)
ticket[-1] ^= 1
refused = sclera.sclera_session_from_ticket(instance, bytes(ticket), len(ticket), ctypes.byref(other))
print(f"changed ticket: {refused} {int(other.value is None)}", flush=True)

sys.stdin.readline()
before = sclera.sclera_holds(session, read)
sclera.sclera_session_refresh(session)
after = sclera.sclera_holds(session, read)
print(f"afterwards: {before}{after}{check('Ward', USE)}{sclera.sclera_session_is_over(session)}")
sclera.sclera_session_release(session)
sclera.sclera_instance_release(instance)
