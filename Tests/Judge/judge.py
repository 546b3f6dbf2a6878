#!/usr/bin/env python3
"""An evaluator of the neutral policy form that shares nothing with the engine.

It was written from Schema/sallyport.policy-1.schema.json and the documentation. Every open fact of
a flow is tried both ways, one world after the other, and in each world the rules are walked by
plain yes and no. Slow, and short enough to be believed.

    judge.py PROGRAM [--policies N] [--seed S]

makes N random policies, lets PROGRAM check them, and compares: verdicts with what the flows of a
small universe come to, witnesses with what they are said to show, conditions with what changes the
outcome. It prints each disagreement with its policy and ends with status 1 if there is one.
"""

import argparse
import ipaddress
import json
import os
import random
import re
import subprocess
import sys
import tempfile

sys.setrecursionlimit(10_000)

# ---------------------------------------------------------------------------------------- names


def host_matches(term, host):
    """Whether a host term holds a host name; None where the term is of another kind."""
    def clean(text):
        text = text.lower()
        return text[:-1] if text.endswith(".") else text
    if "host_any" in term:
        return True
    if "host" in term:
        return host == clean(term["host"])
    if "subdomains_of" in term:
        return host.endswith("." + clean(term["subdomains_of"]))
    if "domain" in term:
        name = clean(term["domain"])
        return host == name or host.endswith("." + name)
    if "one_label_below" in term:
        name = "." + clean(term["one_label_below"])
        return host.endswith(name) and "." not in host[: -len(name)]
    if "host_suffix" in term:
        return host.endswith(clean(term["host_suffix"]))
    if "host_leading" in term:
        name = clean(term["host_leading"])
        return host == name or host.startswith(name + ".")
    if "host_substring" in term:
        return term["host_substring"].lower() in host + "."
    if "host_glob" in term:
        return glob(clean(term["host_glob"]), host)
    if "host_regex" in term:
        return re.search(term["host_regex"], host, re.I) is not None
    return None


def glob(pattern, text):
    """`*` any text, `?` one character."""
    expression = "".join(
        ".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(expression, text, re.S) is not None


def path_matches(term, path):
    if "path" in term:
        return path == term["path"]
    if "path_folder" in term:
        text = term["path_folder"]
        if text.endswith("/"):
            return path.startswith(text)
        return path == text or path.startswith(text + "/") or path.startswith(text + "?")
    if "path_prefix" in term:
        return path.startswith(term["path_prefix"])
    if "path_glob" in term:
        return glob(term["path_glob"], path)
    return True


SEPARATORS = "./?&=;+"


def tokens_match(entry, open_end, host, path):
    """The token grammar: in the host `*` is one or more labels, `^` one; behind the first slash the
    same of tokens between `. / ? & = ; +`."""
    entry, path = entry.lower(), path.lower()
    label = "[^./]+"
    token = "[^" + re.escape(SEPARATORS) + "]+"
    slash = entry.find("/")
    front = entry if slash < 0 else entry[:slash]
    expression = "".join(
        label + r"(?:\." + label + ")*" if c == "*" else label if c == "^" else re.escape(c)
        for c in front)
    if slash < 0:
        tail = r"(?:\..*)?" if open_end else ""
        return re.fullmatch(expression + tail, host) is not None
    if re.fullmatch(expression, host) is None:
        return False
    behind = "".join(
        token + "(?:[" + re.escape(SEPARATORS) + "]" + token + ")*"
        if c == "*" else token if c == "^" else re.escape(c) for c in entry[slash:])
    tail = ".*" if entry.endswith("/") else "(?:[" + re.escape(SEPARATORS) + "].*)?"
    return re.fullmatch(behind + tail, path) is not None


def url_matches(term, host, path):
    if "tokens" in term:
        return tokens_match(term["tokens"], term.get("open_end", False), host, path)
    whole = host + path
    if "substring" in term:
        return term["substring"].lower() in whole.lower()
    if "glob" in term:
        return glob(term["glob"].lower(), whole.lower())
    if "regex" in term:
        return re.search(term["regex"], whole, re.I) is not None
    return host_matches(term, host) and path_matches(term, path)


# --------------------------------------------------------------------------------------- worlds


class Worlds:
    """Runs a question once for every way in which the open facts may turn out."""

    LIMIT = 4096

    def __init__(self):
        self.script = []

    def choose(self, fact, count):
        """One of `count` ways, the same for the same fact in the same world."""
        if fact in self.known:
            return self.known[fact]
        if len(self.taken) < len(self.script):
            way = self.script[len(self.taken)]
        else:
            way = 0
            self.script.append(0)
        self.taken.append((fact, count))
        self.known[fact] = way
        return way

    def all(self, question):
        """Every (facts, answer); None where they are too many to try."""
        result = []
        while True:
            self.taken, self.known = [], {}
            answer = question()
            result.append((dict(self.known), answer))
            if len(result) > self.LIMIT:
                return None
            while self.script and self.script[-1] + 1 >= self.taken[len(self.script) - 1][1]:
                self.script.pop()
            if not self.script:
                return result
            self.script[-1] += 1


PUBLIC = {
    "ipv4": ["1.0.0.1", "8.8.8.8", "20.0.0.1", "20.1.2.3", "20.2.0.1", "126.0.0.1", "128.0.0.1",
             "200.0.0.1", "223.255.0.1"],
    "ipv6": ["2a01:111::1", "2a01:112::1", "2000::1", "3ffe::1"],
}
CLIENT_PORTS = [1024, 2000, 32768, 49152, 60999, 65535]
ALLOW, DENY, NONE = "allow", "deny", "none"
WORST = [DENY, NONE, ALLOW]


class Flow:
    def __init__(self, policy, host, path, port, client, family, zones, known):
        self.policy, self.host, self.path, self.port = policy, host, path, port
        self.client, self.family, self.zones, self.known = client, family, zones, known
        self.tables = {table["name"]: table for table in policy["tables"]}
        self.objects = {o["id"]: o["list"] for o in policy.get("endpoint_objects", [])}
        self.services = {o["id"]: o["list"] for o in policy.get("service_objects", [])}
        self.worlds = Worlds()
        self.forced = {}

    # -- facts

    def fact(self, *name):
        return self.worlds.choose(name, 2) == 1

    def address(self):
        if self.known.get("address"):
            return self.known["address"]
        choices = PUBLIC[self.family]
        return choices[self.worlds.choose(("address",), len(choices))]

    # -- lists

    @staticmethod
    def parts(value):
        """The terms of a list, its exceptions, and whether it is negated."""
        if isinstance(value, dict) and ("terms" in value or "negated" in value):
            return value["terms"], value.get("except", []), value.get("negated", False)
        return (value if isinstance(value, list) else [value]), [], False

    def listed(self, value, ask):
        terms, exceptions, negated = self.parts(value)
        # Every term is asked, so that equal questions come in the same order in every world.
        held = any([ask(term) for term in terms])
        excepted = any([ask(term) for term in exceptions])
        return (held and not excepted) != negated

    @staticmethod
    def within(address, texts):
        address = ipaddress.ip_address(address)
        for text in texts if isinstance(texts, list) else [texts]:
            if "-" in text:
                low, high = (ipaddress.ip_address(part) for part in text.split("-"))
                if low.version == address.version and low <= address <= high:
                    return True
            else:
                network = ipaddress.ip_network(text)
                if network.version == address.version and address in network:
                    return True
        return False

    def destination(self, value, visible):
        def ask(term):
            if term == "any":
                return True
            if isinstance(term, str):
                if re.fullmatch(r"[0-9a-f.:/-]+", term):
                    return self.within(self.address(), term)
                return self.host == term.lower()
            if "addresses" in term:
                return self.within(self.address(), term["addresses"])
            if "object" in term:
                return self.destination(self.objects[term["object"]], visible)
            if "tag" in term:
                return self.fact("tag", term["tag"])
            if "category" in term:
                return (
                    self.fact("category", term["category"])
                    if self.known.get("category") != term["category"] else True)
            if "condition" in term:
                c = term["condition"]
                return self.fact("condition", c["kind"], c["detail"])
            if "url" in term:
                return url_matches(term["url"], self.host, self.path if visible else "/")
            if not host_matches(term, self.host):
                return False
            binding = term.get("binding", "observed")
            if binding == "resolved":
                name = json.dumps({k: v for k, v in term.items() if k != "binding"})
                return self.fact("resolved", name)
            if binding == "doubtful":
                return self.fact("reading", id(term))
            return True
        return self.listed(value, ask)

    def source(self, value):
        def ask(term):
            if term == "any":
                return True
            if isinstance(term, str):
                return self.within(self.client, term)
            if "addresses" in term:
                return self.within(self.client, term["addresses"])
            if "object" in term:
                return self.source(self.objects[term["object"]])
            if "condition" in term:
                c = term["condition"]
                return self.fact("source condition", c["kind"], c["detail"])
            return self.fact("source", json.dumps(term))
        return self.listed(value, ask)

    def service(self, value):
        def ask(term):
            if term == "any":
                return True
            if isinstance(term, str):
                name, _, ports = term.partition("/")
                return name == "tcp" and (not ports or in_ports(self.port, ports))
            if "object" in term:
                return self.service(self.services[term["object"]])
            if "condition" in term:
                c = term["condition"]
                return self.fact("condition", c["kind"], c["detail"])
            if term.get("protocol", 6) not in (6, "tcp"):
                return False
            if "ports" in term and not in_ports(self.port, term["ports"]):
                return False
            if "source_ports" in term:
                port = CLIENT_PORTS[self.worlds.choose(("port",), len(CLIENT_PORTS))]
                return in_ports(port, term["source_ports"])
            return True
        return self.listed(value, ask)

    def zone(self, value, zone):
        names, negated = value, False
        if isinstance(value, dict):
            names, negated = value["zones"], value.get("negated", False)
        names = names if isinstance(names, list) else [names]
        listed = any(
            zone.startswith(name[:-1]) if name.endswith("*") else zone == name for name in names)
        return listed != negated

    def matches(self, rule, visible):
        if not rule.get("enabled", True):
            return False
        if id(rule) in self.forced:
            return self.forced[id(rule)]
        visible = visible or rule.get("decrypts", False)
        result = True
        match = rule.get("match", [])
        clauses = match if isinstance(match, list) else [{k: v} for k, v in match.items()]
        for clause in clauses:
            (kind, value), = clause.items()
            if kind == "from":
                held = self.zone(value, self.zones[0])
            elif kind == "to":
                held = self.zone(value, self.zones[1])
            elif kind == "zone_pair":
                held = (self.zones[0] == self.zones[1]) == (value == "intrazone")
            elif kind == "family":
                held = value == self.family
            elif kind == "source":
                held = self.source(value)
            elif kind == "destination":
                held = self.destination(value, visible)
            elif kind == "service":
                held = self.service(value)
            elif kind == "application":
                names = value if isinstance(value, list) else [value]
                told = self.known.get("application")
                held = (told in names if told
                        else any([self.fact("application", name) for name in names]))
            elif kind == "requires":
                held = self.fact("condition", value["kind"], value["detail"])
            else:
                held = False
            result = result and held
        return result

    # -- the walk

    def walk(self, table, visible):
        """`allow`, `deny`, or `none` where the flow leaves the table undecided."""
        for rule in table["rules"]:
            if not self.matches(rule, visible):
                continue
            action = rule["action"]
            if action == "continue":
                continue
            if action == "allow":
                return self.gates(rule.get("gates", []), visible)
            if action in ("deny", "drop", "reject", "bypass"):
                return DENY
            if action == "inspect":
                return ALLOW
            if action == "return":
                return NONE
            outcome = self.walk(self.tables[rule["target"]], visible)
            if outcome != NONE or action == "goto":
                return outcome
        return default(table)

    def run(self, name, visible):
        """A table as a stage or a gate: what returns from it takes its default, too."""
        outcome = self.walk(self.tables[name], visible)
        return default(self.tables[name]) if outcome == NONE else outcome

    def gates(self, names, visible):
        for name in names:
            if self.run(name, visible) == DENY:
                return DENY
        return ALLOW

    def outcome(self):
        """What becomes of the flow in one world."""
        pipeline = next((p for p in self.policy["pipelines"]
                         if p.get("traffic", "forwarded") == "forwarded"), None)
        visible = self.port == 80
        if not visible and pipeline.get("inspection"):
            visible = self.run(pipeline["inspection"], False) == ALLOW
        stages = [{"table": s} if isinstance(s, str) else s for s in pipeline["stages"]]
        stages = [s for s in stages if self.family in s.get("families", ["ipv4", "ipv6"])]
        phases = {}
        for stage in stages:
            phases.setdefault(stage.get("phase", "first-packet"), []).append(
                self.run(stage["table"], visible))
        result = ALLOW if "first-packet" in phases else NONE
        for outcomes in phases.values():
            if pipeline.get("mode", "all-of") == "all-of":
                whole = worst(outcomes)
            else:
                whole = next((o for o in outcomes if o != NONE), NONE)
            result = worst([result, whole])
        return result

    def outcomes(self):
        """Every world with its outcome; None where there are too many."""
        return self.worlds.all(self.outcome)


def worst(outcomes):
    return next(o for o in WORST if o in outcomes or o == ALLOW)


def default(table):
    value = table["default"]
    return value if isinstance(value, str) else value["outcome"]


def in_ports(port, text):
    for part in str(text).split(","):
        low, _, high = part.partition("-")
        if int(low) <= port <= int(high or low):
            return True
    return False


# ------------------------------------------------------------------------------ random policies

LABELS = ["a", "b", "ab", "q7"]
HOSTS = [f"{x}.w.test" for x in LABELS + [f"{x}.{y}" for x in LABELS for y in LABELS]
         + ["a.b.a", "q7.q7.q7"]]
PATHS = ["/", "/p", "/p/", "/p/q", "/pq", "/z", "/p?k=1", "/q"]
CLIENTS = {"ipv4": ["10.0.0.1", "10.1.0.1", "10.1.1.1", "10.2.0.1"],
           "ipv6": ["fd00::1", "fd00:1::1"]}
SETS = ["0.0.0.0/0", "10.0.0.0/8", "20.0.0.0/8", "20.1.0.0/16", "0.0.0.0/1", "128.0.0.0/1",
        "1.0.0.0-223.255.255.255", "224.0.0.0/4", "10.1.0.0/16", "10.1.1.0/24", "::/0", "2000::/3",
        "2a01:111::/32", "fd00::/8"]
NAMES = ["w.test", "a.w.test", "b.w.test", "b.a.w.test", "ab.w.test", "q7.w.test", "y.test"]
KINDS = ["unresolved", "unmodelled", "external-list", "user", "schedule", "missing-part"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def one(self, n):
        return self.r.randrange(n) == 0

    def pick(self, values):
        return self.r.choice(values)

    def case(self, text):
        return text.upper() if self.one(6) else text

    def host(self):
        name = self.case(self.pick(NAMES)) + ("." if self.one(12) else "")
        kind = self.pick(["host", "host", "subdomains_of", "subdomains_of", "domain",
                          "one_label_below", "host_leading", "host_suffix", "host_substring",
                          "host_glob", "host_regex", "host_any"])
        if kind == "host_any":
            return {"host_any": True}
        if kind == "host_leading":
            name = self.pick(["a", "a.w", "w.test", "b"])
        elif kind == "host_suffix":
            name = self.case(self.pick(["w.test", ".w.test", "b.w.test", "7.w.test", "st"]))
        elif kind == "host_substring":
            name = self.case(self.pick(["a", "ab", ".a.", "w.t", "zz", "7.q", "w.test."]))
        elif kind == "host_glob":
            name = self.case(self.pick(["a*.w.test", "*.w.test", "?.w.test", "*a*", "*b.?.w.test"]))
        elif kind == "host_regex":
            name = self.pick(["^a.*", r"w\.test$", r"^[ab]+\.w\.test$", r"b\.", r"(a|b)\.w"])
        return {kind: name}

    def url(self):
        kind = self.r.randrange(7)
        if kind < 3:
            url = self.host()
            if not self.one(3):
                url[self.pick(["path", "path_folder", "path_prefix", "path_glob"])] = self.pick(
                    ["/p", "/p/", "/", "/p/q"])
            return url
        if kind < 5:
            return {"tokens": self.pick(["w.test/", "*.w.test/", "^.w.test/", "a.w.test",
                                         "*.w.test", "a.w.test/p", "a.w.test/*/q", "*.w.test/p/^",
                                         "a.^.w.test"]), "open_end": self.one(2)}
        if kind == 5:
            return {"substring": self.pick(["w.test/p", "a.w", "/q", "TEST/P"])}
        return {"glob": self.pick(["a.w.test/*", "*w.test/p*", "*.w.test/", "*q"])}

    def condition(self):
        return {"kind": self.pick(KINDS), "detail": self.pick(["p", "q"])}

    def term(self, source, objects):
        kind = self.r.randrange(9 if source else 14)
        if kind == 0:
            return "any"
        if kind < 4:
            return self.pick(SETS)
        if kind == 4:
            return {"condition": self.condition()}
        if kind == 5:
            return {"tag": self.pick(["T1", "T2"])}
        if kind == 6:
            return {"category": self.pick(["c1", "c2"])}
        if kind < 9:
            return {"object": self.pick(objects)} if objects else {"addresses": [self.pick(SETS)]}
        if kind < 12:
            term = self.host()
            term["binding"] = self.pick(["observed"] * 4 + ["proxied", "resolved", "doubtful"])
            return term
        return {"url": self.url()}

    def list(self, source, objects):
        terms = [self.term(source, objects) for _ in range(1 + self.r.randrange(3))]
        if self.one(6):
            return {"terms": terms, "except": [self.term(source, objects)],
                    "negated": self.one(3)}
        return {"terms": terms, "negated": True} if self.one(8) else terms

    def service(self):
        def term():
            if self.one(6):
                return {"condition": self.condition()}
            service = {"protocol": self.pick([6, 6, 6, 17]),
                       "ports": self.pick(["443", "80", "80,443", "0-65535", "22"])}
            if self.one(3):
                service["source_ports"] = self.pick(
                    ["0-65535", "1024-65535", "49152-65535", "0-1023", "1024-49151"])
            return service
        terms = [term() for _ in range(1 + self.r.randrange(2))]
        return {"terms": terms, "negated": True} if self.one(8) else terms

    def zones(self):
        names = [self.pick(["lan", "dmz", "wan", "w*"]) for _ in range(1 + self.r.randrange(2))]
        return {"zones": names, "negated": True} if self.one(4) else names

    def clause(self, objects):
        kind = self.r.randrange(12)
        if kind < 1:
            return {"from": self.zones()}
        if kind < 2:
            return {"to": self.zones()}
        if kind == 2:
            return {"zone_pair": self.pick(["intrazone", "interzone"])}
        if kind == 3:
            return {"family": self.pick(["ipv4", "ipv4", "ipv6"])}
        if kind < 6:
            return {"source": self.list(True, objects)}
        if kind < 8:
            return {"service": self.service()}
        if kind == 8:
            return {"application": [self.pick(["ssl", "web", "dns"])]}
        if kind == 9:
            return {"requires": self.condition()}
        return {"destination": self.list(False, objects)}

    def policy(self, number):
        objects = [f"o{i}" for i in range(self.r.randrange(3))]
        policy = {
            "schema": "sallyport.policy/1", "scope": f"s{number}",
            "zones": [{"name": "lan"}, {"name": "dmz"}, {"name": "wan", "leads_to_internet": True}],
            "endpoint_objects": [
                {"id": name, "list": self.list(False, objects[index + 1:])}
                for index, name in enumerate(objects)],
            "tables": []}
        count = 1 + self.r.randrange(4)
        for index in range(count):
            later = [f"t{i}" for i in range(index + 1, count)]
            rules = []
            for rule in range(self.r.randrange(4)):
                made = {"name": f"r{index}.{rule}", "match": [
                    self.clause(objects) for _ in range(self.r.randrange(3))]}
                if self.one(2):
                    made["match"].append({"destination": self.list(False, objects)})
                made["action"] = self.pick(
                    ["allow", "allow", "allow", "drop", "reject", "deny", "continue", "return"]
                    + (["jump", "jump", "goto", "gates"] if later else []))
                if made["action"] in ("jump", "goto"):
                    made["target"] = self.pick(later)
                if made["action"] == "gates":
                    made["action"], made["gates"] = "allow", [self.pick(later)]
                if self.one(10):
                    made["enabled"] = False
                if self.one(12):
                    made["decrypts"] = True
                rules.append(made)
            policy["tables"].append({
                "name": f"t{index}", "default": self.pick(["allow", "deny", "deny", "none"]),
                "rules": rules})
        pipeline = {"mode": self.pick(["all-of", "first-decisive"]), "stages": []}
        for _ in range(1 + self.r.randrange(2)):
            stage = {"table": f"t{self.r.randrange(count)}"}
            if self.one(6):
                stage["families"] = [self.pick(["ipv4", "ipv6"])]
            if self.one(8):
                stage["phase"] = self.pick(["answer", "data-to-server"])
            pipeline["stages"].append(stage)
        if self.one(4):
            policy["tables"].append({
                "name": "i", "kind": "inspection", "default": self.pick(["allow", "deny"]),
                "rules": [{"name": "i0", "action": self.pick(["inspect", "bypass"]),
                           "match": [self.clause(objects)]}]})
            pipeline["inspection"] = "i"
        policy["pipelines"] = [pipeline]
        return policy


ENDPOINTS = [
    {"service": "s", "text": "*.w.test", "host": "*.w.test", "ports_required": [443, 80]},
    {"service": "s", "text": "a.w.test/p", "host": "a.w.test", "path": "/p",
     "path_match": "prefix", "ports_required": [443, 80]},
    {"service": "s", "text": "b.a.w.test", "host": "b.a.w.test", "ports_required": [443]},
]


def catalogue():
    return {"schema": "sallyport.catalogue/1", "id": "judge", "version": "2026-01-01",
            "title": "judge", "published": "2026-01-01", "source": {"title": "t"},
            "services": [{"id": "s", "name": {"en": "s"}}], "endpoints": ENDPOINTS}


# ------------------------------------------------------------------------------------ comparison


class Judge:
    FLOWS = 10

    def __init__(self, program, seed):
        self.program, self.seed = program, seed
        self.counts = {"policies": 0, "requirements": 0, "witnesses": 0, "conditions": 0}
        self.disagreements = 0

    def say(self, policy, result, text):
        self.disagreements += 1
        print(f"{text}: {result['endpoint']} {result['port']} ({self.options})")
        print(json.dumps(policy))

    def run(self, policies, batch):
        for start in range(0, policies, batch):
            self.batch(self.seed + start, min(batch, policies - start))

    def batch(self, seed, count):
        choice = random.Random(seed)
        family = choice.choice(["ipv4", "ipv4", "ipv6"])
        known = {"application": choice.choice([None, None, "ssl"]),
                 "category": choice.choice([None, None, "c1"])}
        policies = [Maker(seed + n).policy(n) for n in range(count)]
        networks = {"ipv4": "10.0.0.0/8", "ipv6": "fd00::/8"}[family]
        options = ["--from-zone", "lan", "--to-zone", "wan", "--client", networks,
                   "--family", family]
        for name, value in known.items():
            options += [f"--{name}", value] if value else []
        self.options = " ".join(options)
        with tempfile.TemporaryDirectory() as folder:
            file, list_file = (os.path.join(folder, n) for n in ("policies.json", "list.json"))
            with open(file, "w") as out:
                json.dump(policies, out)
            with open(list_file, "w") as out:
                json.dump(catalogue(), out)
            done = subprocess.run(
                [self.program, "check", file, "--catalogue", list_file, "--format", "json"]
                + options, capture_output=True, text=True)
        if done.returncode not in (0, 1, 2):
            raise SystemExit(f"{self.program} ended with {done.returncode}: {done.stderr}")
        report = json.loads(done.stdout)
        by_scope = {site["scope"]: site for site in report["sites"]}
        for policy in policies:
            self.counts["policies"] += 1
            site = by_scope[policy["scope"]]
            for result in site["results"]:
                self.counts["requirements"] += 1
                self.compare(policy, result, family, known, choice)

    def flow(self, policy, result, family, known, host, path, client):
        return Flow(policy, host, path, result["port"], client, family, ("lan", "wan"), known)

    def compare(self, policy, result, family, known, choice):
        hosts = HOSTS if result["host"].startswith("*.") else [result["host"]]
        prefix = result["path"]
        paths = [p for p in PATHS
                 if not prefix or p == prefix or p.startswith((prefix + "/", prefix + "?"))]
        seen = []
        for _ in range(self.FLOWS if result["verdict"] != "conditional" else 3 * self.FLOWS):
            flow = self.flow(policy, result, family, known, choice.choice(hosts),
                             choice.choice(paths), choice.choice(CLIENTS[family]))
            worlds = flow.outcomes()
            if worlds is not None:
                seen.append((flow, worlds, {outcome for _, outcome in worlds}))
        verdict = result["verdict"]
        for flow, _, outcomes in seen:
            text = f"{flow.client} to {flow.host}{flow.path} comes to {sorted(outcomes)}"
            wrong = (
                verdict == "allowed" and outcomes != {ALLOW}
                or verdict == "blocked" and outcomes != {DENY}
                or verdict == "conditional" and outcomes == {DENY}
                or verdict == "unknown" and outcomes != {NONE})
            if wrong:
                self.say(policy, result, f"verdict {verdict}, but {text}")
                return
        for kind, wanted in (("allowed", ALLOW), ("denied", DENY)):
            witness = (result.get("witness") or {}).get(kind)
            if witness:
                self.counts["witnesses"] += 1
                flow = self.flow(
                    policy, result, family, known, witness["host"],
                    witness.get("path") or result["path"] or "/",
                    witness.get("client") or CLIENTS[family][0])
                worlds = flow.outcomes()
                outcomes = {outcome for _, outcome in worlds or []}
                if worlds is not None and outcomes != {wanted}:
                    self.say(policy, result, f"{kind} witness {witness} comes to {outcomes}")
                    return
        if verdict == "partial" and not (result.get("witness") or {}).get("denied"):
            self.say(policy, result, "partial without a witness")
        if verdict == "conditional":
            if len(seen) > 2 * self.FLOWS and all(o in ({ALLOW},) for _, _, o in seen):
                self.say(policy, result, "conditional, and no flow hangs on anything")
            self.conditions(policy, result, seen)

    def conditions(self, policy, result, seen):
        """Every condition that changes the outcome of some flow is among those that are listed."""
        listed = {(c["kind"], c["detail"]) for c in result["conditions"]}
        for flow, worlds, outcomes in seen:
            if len(outcomes) < 2:
                continue
            for fact in changing(worlds):
                self.counts["conditions"] += 1
                if fact[0] in ("condition", "source condition") and fact[1:] not in listed:
                    self.say(policy, result, f"{fact} decides {flow.host}{flow.path} from "
                                             f"{flow.client}, and is not listed")
                    return


def changing(worlds):
    """The facts that change the outcome, everything else being the same."""
    result = set()
    for place, (one, first) in enumerate(worlds[:200]):
        for two, second in worlds[place + 1:200]:
            if first == second:
                continue
            differing = [f for f in one if f in two and one[f] != two[f]]
            if len(differing) == 1:
                result.add(differing[0])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--policies", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=100)
    options = parser.parse_args()
    judge = Judge(options.program, options.seed)
    judge.run(options.policies, options.batch)
    counts = ", ".join(f"{number} {name}" for name, number in judge.counts.items())
    print(f"{counts}: {judge.disagreements} disagreements")
    sys.exit(1 if judge.disagreements else 0)


if __name__ == "__main__":
    main()
