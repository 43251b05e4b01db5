"""Reads a rendered file back with a reader of its format: read_back.py KIND < JSON

On standard input: {"text": the file, "values": what should be in it, "places": how often each}.
Ends with 0 when it is, with 1 and the first difference when not, with 77 and a reason when the
reader is not here.
"""
import ctypes
import glob
import json
import sys


def skip(reason):
    print(reason)
    sys.exit(77)


def read_json(text):
    return json.loads(text)[:-1]  # after the last comma stands a null


def read_yaml(text):
    try:
        import yaml
    except ImportError:
        skip("python3 has no module yaml")
    return yaml.safe_load(text)


def read_toml(text):
    try:
        import tomllib
    except ImportError:
        skip("python3 has no module tomllib")
    read = tomllib.loads(text)
    assert set(read) == {"l", "i"}, "other keys at the top"
    assert all(set(item) == {"k"} for item in read["i"]), "other keys in a table"
    return read["l"] + [item["k"] for item in read["i"]]


def read_xml(text):
    import xml.etree.ElementTree as tree

    values = []
    for item in tree.fromstring(text.encode()):
        assert item.tag == "i" and set(item.attrib) == {"a", "b"} and len(item) == 0, "other nodes"
        values += [item.get("a"), item.get("b"), item.text or ""]
    return values


def read_configparser(text, interpolation):
    import configparser

    reader = configparser.ConfigParser(**interpolation)
    reader.read_string(text)
    values = []
    for number, name in enumerate(reader.sections()):
        assert name == "s%d" % number and set(reader[name]) == {"k", "n"}, "other sections or keys"
        assert reader[name]["n"] == str(number), "what comes after is another"
        values.append(reader[name]["k"])
    return values


def read_glib(text):
    try:
        glib = ctypes.CDLL("libglib-2.0.so.0")
    except OSError:
        skip("there is no libglib-2.0")
    glib.g_key_file_new.restype = ctypes.c_void_p
    glib.g_key_file_get_string.restype = ctypes.c_void_p
    glib.g_key_file_get_groups.restype = ctypes.c_void_p
    file = ctypes.c_void_p(glib.g_key_file_new())
    data = text.encode()
    assert glib.g_key_file_load_from_data(file, data, ctypes.c_size_t(len(data)), 0, None)
    count = ctypes.c_size_t()
    glib.g_key_file_get_groups(file, ctypes.byref(count))
    values = []
    for number in range(count.value):
        value = glib.g_key_file_get_string(file, b"s%d" % number, b"k", None)
        assert value, "no key in group %d" % number
        values.append(ctypes.string_at(value).decode())
        next_value = glib.g_key_file_get_string(file, b"s%d" % number, b"n", None)
        assert ctypes.string_at(next_value) == b"%d" % number, "what comes after is another"
    return values


class Systemd:
    """The functions of systemd 252 that read the words of a unit, in the order it calls them."""

    UNQUOTE = 1 << 5
    CUNESCAPE = 1 << 1
    LOOKUP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char, *[ctypes.c_void_p] * 4)

    class Specifier(ctypes.Structure):
        pass

    def __init__(self):
        found = glob.glob("/usr/lib/*/systemd/libsystemd-shared-252.so")
        found += glob.glob("/usr/lib/systemd/libsystemd-shared-252.so")
        if not found:
            skip("there is no libsystemd-shared-252.so")
        self.library = ctypes.CDLL(found[0])
        for name in ("extract_first_word", "specifier_printf", "replace_env_argv", "utf8_is_valid_n"):
            if not hasattr(self.library, name):
                skip("libsystemd-shared-252.so has no " + name)
        self.library.replace_env_argv.restype = ctypes.POINTER(ctypes.c_char_p)
        self.library.utf8_is_valid_n.restype = ctypes.c_void_p
        self.Specifier._fields_ = [("specifier", ctypes.c_char), ("lookup", self.LOOKUP),
                                   ("data", ctypes.c_void_p)]
        refuse = self.LOOKUP(lambda *_: -22)
        letters = [bytes([c]) for c in range(33, 127) if chr(c) != "%"]
        self.table = (self.Specifier * (len(letters) + 1))()
        for entry, letter in zip(self.table, letters):
            entry.specifier, entry.lookup = letter, refuse
        self.refuse = refuse  # must outlive the table

    def words(self, setting):
        rest = ctypes.c_char_p(setting)
        words = []
        while True:
            word = ctypes.c_char_p()
            got = self.library.extract_first_word(ctypes.byref(rest), ctypes.byref(word), None,
                                                  self.UNQUOTE | self.CUNESCAPE)
            assert got >= 0, "systemd does not read %r" % setting
            if got == 0:
                return words
            full = ctypes.c_char_p()
            done = self.library.specifier_printf(word, ctypes.c_size_t(1 << 20), self.table, None,
                                                 None, ctypes.byref(full))
            assert done >= 0, "a specifier in %r" % setting
            words.append(full.value)

    def filled(self, words):
        argv = (ctypes.c_char_p * (len(words) + 1))(*words)
        environment = (ctypes.c_char_p * 4)(b"HOME=/root", b"A=one two", b"x=")
        out = self.library.replace_env_argv(argv, environment)
        result = []
        while out[len(result)] is not None:
            result.append(out[len(result)])
        return result

    def read(self, text):
        values = []
        for line in text.encode().split(b"\n"):
            if not line or line in (b"[Service]", b"Type=simple"):
                continue
            valid = self.library.utf8_is_valid_n(line, ctypes.c_size_t(len(line)))
            assert valid, "systemd ignores %r" % line
            key, setting = line.split(b"=", 1)
            words = self.words(setting)
            if key == b"Environment":
                assert len(words) == 1 and words[0][:2] == b"X=", "other words in %r" % line
                values.append(words[0][2:].decode())
                continue
            assert key == b"ExecStart" and words[0] == b"/bin/true", "other words in %r" % line
            words = self.filled(words)
            assert len(words) == 3 and words[2] == b"end", "other words in %r" % line
            values.append(words[1].decode())
        return values


READERS = {
    "json": read_json,
    "yaml": read_yaml,
    "toml": read_toml,
    "xml": read_xml,
    "configparser": lambda text: read_configparser(text, {}),
    "rawconfigparser": lambda text: read_configparser(text, {"interpolation": None}),
    "glib": read_glib,
    "systemd": lambda text: Systemd().read(text),
}


def main():
    task = json.load(sys.stdin)
    expected = [value for value in task["values"] for _ in range(task["places"])]
    read = READERS[sys.argv[1]](task["text"])
    if task.get("by_place"):
        expected = task["values"] * task["places"]
    for number, (got, wanted) in enumerate(zip(read, expected)):
        if got != wanted:
            print("value %d: read %r, expected %r" % (number, got, wanted))
            return 1
    if len(read) != len(expected):
        print("read %d values, expected %d" % (len(read), len(expected)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
