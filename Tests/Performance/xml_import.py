#!/usr/bin/env python3
"""How fast exports in XML are imported, against `xmllint --stream --noout` on the same file.

Makes an invented export of each XML format, larger than 10 MB, and times xmllint, which only looks
whether the file is well formed, and `sallyport import`, from file to stored snapshot. Prints a
Markdown table with the best of several runs and the program's peak memory. Nothing is asserted: run
it on a quiet machine with a release build.

    Tests/Performance/xml_import.py [--program PATH] [--megabytes 12] [--runs 3] [FORMAT …]
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

PANOS_HEAD = """<?xml version="1.0"?>
<config version="11.1.0"><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1">
<zone><entry name="trust"/><entry name="untrust"/></zone>
"""

PANOS_RULE = """<entry name="rule-%(n)d" uuid="%(n)08x-0000-4000-8000-000000000000">
  <to><member>untrust</member></to><from><member>trust</member></from>
  <source><member>10.%(a)d.%(b)d.0/24</member></source><destination><member>h%(n)d</member></destination>
  <application><member>any</member></application><service><member>service-https</member></service>
  <action>%(deny)s</action><log-setting>default</log-setting><description>ticket %(n)d</description>
</entry>
"""


def number(n):
    return {"n": n, "a": n // 250 % 250, "b": n % 250, "deny": "deny" if n % 9 == 0 else "allow"}


def panos(count):
    yield PANOS_HEAD + "<address>\n"
    for n in range(count):
        yield '<entry name="h%d"><fqdn>host%d.example.com</fqdn></entry>\n' % (n, n)
    yield "</address><rulebase><security><rules>\n"
    for n in range(count):
        yield PANOS_RULE % number(n)
    yield "</rules></security></rulebase></entry></vsys></entry></devices></config>\n"


def sense(root, version, count):
    yield "<?xml version=\"1.0\"?>\n<%s><version>%s</version>\n" % (root, version)
    yield (
        "<system><hostname>fw</hostname><domain>example.com</domain></system><interfaces>"
        "<wan><enable>1</enable><if>em0</if><ipaddr>dhcp</ipaddr></wan>"
        "<lan><enable>1</enable><if>em1</if><ipaddr>10.0.0.1</ipaddr><subnet>8</subnet></lan>"
        "</interfaces><filter>\n")
    for n in range(count):
        yield (
            "<rule><id></id><tracker>%(n)d</tracker><type>pass</type><interface>lan</interface>"
            "<ipprotocol>inet</ipprotocol><protocol>tcp</protocol>\n"
            "<source><address>10.%(a)d.%(b)d.0/24</address></source>\n"
            "<destination><address>198.51.100.%(b)d</address><port>443</port></destination>\n"
            "<descr><![CDATA[rule %(n)d]]></descr>"
            "<created><time>1717228800</time><username>a@10.0.0.2</username></created></rule>\n"
        ) % number(n)
    yield "</filter></%s>\n" % root


def junos(count):
    yield (
        "<rpc-reply><configuration><version>21.2R3</version><security><policies><policy>"
        "<from-zone-name>trust</from-zone-name><to-zone-name>untrust</to-zone-name>\n")
    for n in range(count):
        yield (
            "<policy><name>rule-%(n)d</name><description>ticket %(n)d</description><match>"
            "<source-address>any</source-address>\n<destination-address>any</destination-address>"
            "<application>junos-https</application></match>\n<then><permit/></then></policy>\n"
        ) % number(n)
    yield (
        "</policy></policies><zones><security-zone><name>trust</name></security-zone>"
        "<security-zone><name>untrust</name></security-zone></zones></security>"
        "</configuration></rpc-reply>\n")


def panorama(count):
    yield (
        '<?xml version="1.0"?>\n<config version="11.1.0"><devices>'
        '<entry name="localhost.localdomain"><device-group><entry name="branches">'
        "<pre-rulebase><security><rules>\n")
    for n in range(count):
        yield PANOS_RULE.replace("<member>h%(n)d</member>", "<member>any</member>") % number(n)
    yield (
        "</rules></security></pre-rulebase></entry></device-group></entry></devices>"
        "</config>\n")


GENERATORS = {
    "panos": panos,
    "panorama": panorama,
    "pfsense": lambda count: sense("pfsense", "23.3", count),
    "opnsense": lambda count: sense("opnsense", "", count),
    "junos-srx": junos,
}


def export(name, megabytes, folder):
    """Writes an export of at least that size; gives its path and number of rules."""
    sample = sum(len(part) for part in GENERATORS[name](1000)) / 1000
    count = int(megabytes * 1e6 / sample) + 1
    path = os.path.join(folder, "export.xml")
    with open(path, "w") as file:
        file.writelines(GENERATORS[name](count))
    return path, count


def best(runs, command, prepare=lambda: None):
    times = []
    for _ in range(runs):
        prepare()
        start = time.monotonic()
        done = subprocess.run(command, capture_output=True)
        times.append(time.monotonic() - start)
        if done.returncode != 0:
            sys.exit("%s: %s" % (" ".join(command), done.stderr.decode().strip()[:300]))
    return min(times)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("formats", nargs="*", metavar="FORMAT")
    arguments.add_argument("--program", default=".build/release/sallyport")
    arguments.add_argument("--megabytes", type=float, default=12)
    arguments.add_argument("--runs", type=int, default=3)
    options = arguments.parse_args()
    print("| format | file | rules | xmllint | sallyport import | share of its speed | peak |")
    print("|---|---|---|---|---|---|---|")
    for name in options.formats or sorted(GENERATORS):
        with tempfile.TemporaryDirectory() as folder:
            path, count = export(name, options.megabytes, folder)
            size = os.path.getsize(path) / 1e6
            lint = best(options.runs, ["xmllint", "--stream", "--noout", path])
            database = os.path.join(folder, "test.db")

            def clean():
                for end in ["", "-wal", "-shm"]:
                    if os.path.exists(database + end):
                        os.unlink(database + end)

            own = best(
                options.runs, [options.program, "import", path, "--site", "s", "--db", database],
                clean)
            clean()
            timed = subprocess.run(
                ["/usr/bin/time", "-f", "%M", options.program, "check", path, "--format", "csv"],
                capture_output=True)
            peak = re.findall(r"(\d+)\s*$", timed.stderr.decode())
            print("| %s | %.1f MB | %d | %.0f MB/s | %.0f MB/s | %.2f | %s MB |" % (
                name, size, count, size / lint, size / own, lint / own,
                int(peak[0]) // 1024 if peak else "?"), flush=True)


if __name__ == "__main__":
    main()
