#!/usr/bin/python3
"""Renders the same templates and values with titan and with the Mustaches of Python, by turns.

Each compiles a template once and renders it again and again; nothing is escaped. What they give
must be the same, byte for byte. Prints how many times as much titan renders in a second of CPU
time, and ends with 1 when it is less than 20. Wants python3-pystache (or chevron), and the release
preset.
Usage: bench/mustache.py [ROUNDS [SECONDS]]
"""
import json
import os
import statistics
import subprocess
import sys
import time

BAR = 20
PROGRAM = os.path.join(os.path.dirname(__file__), "..", "build/release/bench/mustache_rounds")

SERVICE = """[Unit]
Description={{workload.name}} on {{host.name}}

[Service]
ExecStart=/usr/local/bin/{{deployment.name}} --interval {{values.interval}}
{{#values.user}}
User={{values.user}}
{{/values.user}}
{{^values.group}}
# no group
{{/values.group}}
Restart=always
"""
LIST = """name: "{{deployment.name}}"
sensors:
{{#values.sensors}}
  - name: "{{name}}"
    pin: {{pin}}
{{/values.sensors}}
"""
PARTIALS = """{{> head}}
{{#values.sensors}}
  {{> sensor}}
{{/values.sensors}}
"""


def cases():
    def inputs(sensors):
        return {
            "values": {"interval": 5, "user": "sensor", "sensors": [
                {"name": "sensor-%d" % i, "pin": i, "tags": ["a", "b"]} for i in range(sensors)]},
            "host": {"name": "tim-pi"}, "deployment": {"name": "prod"},
            "workload": {"name": "temperature-sensor"}}

    partials = {"head": "# {{host.name}}\n",
                "sensor": "[{{name}}]\npin = {{pin}}\n{{#tags}}\ntag = {{.}}\n{{/tags}}\n"}
    yield "a unit", SERVICE, {}, inputs(0)
    yield "a list of 10", LIST, {}, inputs(10)
    yield "a list of 1,000", LIST, {}, inputs(1000)
    yield "a list of 100, with partials", PARTIALS, partials, inputs(100)


class Pystache:
    def __init__(self):
        import pystache
        self.name = "pystache " + pystache.__version__
        self.pystache = pystache

    def compiled(self, template, partials, values):
        renderer = self.pystache.Renderer(escape=lambda text: text, partials=partials)
        parsed = self.pystache.parse(template)
        return lambda: renderer.render(parsed, values)


class Chevron:
    def __init__(self):
        import chevron
        from chevron.tokenizer import tokenize
        self.name = "chevron"
        self.render = chevron.render
        self.tokenize = tokenize

    def compiled(self, template, partials, values):
        # Tokens are what chevron takes in the place of a text; without & it would escape.
        raw = template.replace("{{", "{{&").replace("{{&#", "{{#").replace("{{&/", "{{/")
        raw = raw.replace("{{&^", "{{^").replace("{{&>", "{{>")
        tokens = list(self.tokenize(raw))
        partials = {name: text.replace("{{", "{{&").replace("{{&#", "{{#").replace("{{&/", "{{/")
                    for name, text in partials.items()}
        return lambda: self.render(tokens, values, partials_dict=partials)


def others():
    found = []
    for kind in (Pystache, Chevron):
        try:
            found.append(kind())
        except ImportError as error:
            print("not measured: %s" % error)
    if not found:
        sys.exit("install python3-pystache")
    return found


def measure_titan(template, partials, values, seconds):
    task = {"template": template, "partials": partials, "values": values, "seconds": seconds}
    done = subprocess.run([PROGRAM], input=json.dumps(task), text=True, check=True,
                          stdout=subprocess.PIPE)
    result = json.loads(done.stdout)
    return result["output"], result["renders"] / result["seconds"]


def measure(render, seconds):
    output = render()
    renders = 0
    begin = time.process_time()
    while time.process_time() - begin < seconds:
        render()
        renders += 1
    return output, renders / (time.process_time() - begin)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0.5
    if not os.path.exists(PROGRAM):
        sys.exit("%s is not there: ./dev build release" % PROGRAM)
    least = None
    print("| renders | bytes | titan, MB/s | other | MB/s | ratio, median | least |")
    print("|---|---|---|---|---|---|---|")
    for other in others():
        for name, template, partials, values in cases():
            render = other.compiled(template, partials, values)
            ratios, titans, theirs = [], [], []
            for _ in range(rounds):
                ours, our_rate = measure_titan(template, partials, values, seconds)
                text, rate = measure(render, seconds)
                if text != ours:
                    sys.exit("%s: titan and %s differ" % (name, other.name))
                titans.append(our_rate * len(ours) / 1e6)
                theirs.append(rate * len(ours) / 1e6)
                ratios.append(our_rate / rate)
            print("| %s | %d | %.0f | %s | %.2f | %.0f | %.0f |" % (
                name, len(ours), statistics.median(titans), other.name,
                statistics.median(theirs), statistics.median(ratios), min(ratios)))
            least = min(ratios) if least is None else min(least, *ratios)
    print("\nthe least ratio: %.0f; at least %d is wanted" % (least, BAR))
    return 0 if least >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
