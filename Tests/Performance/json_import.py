#!/usr/bin/env python3
"""How fast exports in JSON are imported, against Python's json.load on the same file.

Makes an invented export of each JSON format, larger than 10 MB, and times

  * `json.load`: reading the file into Python objects, nothing more;
  * `sallyport import`: the whole program from file to stored snapshot, database included.

Prints a Markdown table. Times are the best of several runs, as wall clock. Nothing is asserted: run
it on a quiet machine with a release build.

    swift build -c release --product sallyport
    Tests/Performance/json_import.py [--program PATH] [--megabytes 12] [--runs 3] [FORMAT …]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

HOSTS = ["update", "telemetry", "mail", "files", "erp", "build", "voice", "backup"]


def network(n):
    return "10.%d.%d.0/24" % (n // 250 % 250, n % 250)


def host(n):
    return "%s%d.example.com" % (HOSTS[n % len(HOSTS)], n)


def ports(n):
    return str([443, 80, 8443, 25, 993, 3389][n % 6])


def azure(count):
    rules = [
        {
            "ruleType": "ApplicationRule", "name": "rule-%d" % n, "description": "ticket %d" % n,
            "sourceAddresses": [network(n), network(n + 1)], "sourceIpGroups": [],
            "destinationAddresses": [], "fqdnTags": [], "webCategories": [], "targetUrls": [],
            "targetFqdns": [host(n), "*." + host(n + 1), host(n + 2)], "terminateTLS": False,
            "protocols": [{"protocolType": "Https", "port": 443}, {"protocolType": "Http", "port": 80}],
        }
        for n in range(count)
    ]
    base = "/subscriptions/0/resourceGroups/hub/providers/Microsoft.Network/firewallPolicies/hub"
    collections = [
        {
            "ruleCollectionType": "FirewallPolicyFilterRuleCollection", "name": "c%d" % at,
            "priority": 100 + at // 100, "action": {"type": "Allow"}, "rules": rules[at:at + 100],
        }
        for at in range(0, count, 100)
    ]
    return [
        {"id": base, "name": "hub", "type": "Microsoft.Network/FirewallPolicies",
         "sku": {"tier": "Standard"}, "threatIntelMode": "Alert", "ruleCollectionGroups": []},
        {"id": base + "/ruleCollectionGroups/g", "name": "g", "priority": 200,
         "type": "Microsoft.Network/FirewallPolicies/RuleCollectionGroups",
         "ruleCollections": collections},
    ]


def nftables(count):
    def match(left, right):
        return {"match": {"op": "==", "left": left, "right": right}}

    items = [
        {"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
        {"table": {"family": "inet", "name": "filter", "handle": 1}},
        {"chain": {"family": "inet", "table": "filter", "name": "forward", "handle": 1,
                   "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
    ]
    for n in range(count):
        address = network(n).split("/")[0]
        items.append({"rule": {
            "family": "inet", "table": "filter", "chain": "forward", "handle": n + 2,
            "comment": "ticket %d" % n,
            "expr": [
                match({"meta": {"key": "iifname"}}, "lan%d" % (n % 8)),
                match({"payload": {"protocol": "ip", "field": "saddr"}},
                      {"prefix": {"addr": address, "len": 24}}),
                match({"payload": {"protocol": "tcp", "field": "dport"}}, {"set": [80, 443, 1024 + n % 5000]}),
                {"counter": {"packets": n, "bytes": n * 60}}, {"accept": None},
            ]}})
    return {"nftables": items}


def words(names):
    return [{"name": name, "q_origin_key": name} for name in names]


def envelope(path, name, results):
    return {
        "http_method": "GET", "results": results, "vdom": "root", "path": path, "name": name,
        "status": "success", "http_status": 200, "serial": "FGVM00TM00000000", "version": "v7.2.5",
        "build": 1517, "matched_count": len(results), "size": len(results),
    }


def fortigate(count):
    policies = [
        {
            "policyid": n + 1, "q_origin_key": n + 1, "status": "enable", "name": "policy %d" % n,
            "uuid": "00000000-0000-0000-0000-%012d" % n, "srcintf": words(["lan"]),
            "dstintf": words(["wan1"]), "srcaddr": words(["net-%d" % n]),
            "dstaddr": words(["host-%d" % n, "host-%d" % ((n + 1) % count)]), "srcaddr6": [],
            "dstaddr6": [], "internet-service": "disable", "action": "accept", "schedule": "always",
            "service": words(["HTTPS", "HTTP"]), "utm-status": "disable", "inspection-mode": "flow",
            "nat": "enable", "groups": [], "users": [], "logtraffic": "all", "comments": "ticket %d" % n,
        }
        for n in range(count)
    ]
    addresses = [
        {"name": "net-%d" % n, "type": "ipmask",
         "subnet": network(n).split("/")[0] + " 255.255.255.0", "comment": ""} for n in range(count)
    ] + [{"name": "host-%d" % n, "type": "fqdn", "fqdn": host(n), "comment": ""} for n in range(count)]
    return [
        envelope("firewall", "policy", policies), envelope("firewall", "address", addresses),
    ]


def checkpoint(count):
    def uid(kind, n):
        return "%08d-0000-4000-8000-%012d" % (kind, n)

    anything = "97aeb369-9aea-11d5-bd16-0090272ccb30"
    accept, https = uid(9, 1), uid(9, 2)
    rules = [
        {
            "uid": uid(1, n), "type": "access-rule", "rule-number": n + 1, "name": "rule %d" % n,
            "enabled": True, "source": [uid(2, n)], "source-negate": False,
            "destination": [uid(3, n), uid(3, (n + 1) % count)], "destination-negate": False,
            "service": [https], "service-negate": False, "vpn": [anything], "content": [anything],
            "content-negate": False, "content-direction": "any", "time": [anything],
            "action": accept, "action-settings": {}, "install-on": [anything], "comments": "ticket %d" % n,
            "track": {"type": uid(9, 3), "per-session": False},
        }
        for n in range(count)
    ]
    objects = [
        {"uid": anything, "name": "Any", "type": "CpmiAnyObject"},
        {"uid": accept, "name": "Accept", "type": "RulebaseAction"},
        {"uid": https, "name": "https", "type": "service-tcp", "port": "443"},
        {"uid": uid(9, 3), "name": "Log", "type": "Track"},
    ]
    for n in range(count):
        objects.append({
            "uid": uid(2, n), "name": "net-%d" % n, "type": "network",
            "subnet4": network(n).split("/")[0], "mask-length4": 24, "subnet-mask": "255.255.255.0",
            "domain": {"name": "SMC User", "domain-type": "domain"}})
        objects.append({
            "uid": uid(3, n), "name": "." + host(n), "type": "dns-domain", "is-sub-domain": False,
            "domain": {"name": "SMC User", "domain-type": "domain"}})
    return {
        "uid": uid(8, 1), "name": "Network", "from": 1, "to": count, "total": count,
        "rulebase": rules, "objects-dictionary": objects,
    }


def firepower(count):
    link = "https://fmc.example.com/api/fmc_config/v1/domain/D/policy/accesspolicies/P1"
    rules = [
        {
            "links": {"self": "%s/accessrules/R%d" % (link, n)},
            "metadata": {"ruleIndex": n + 1, "section": "Mandatory", "category": "--Undefined--",
                         "accessPolicy": {"name": "Branch", "id": "P1", "type": "AccessPolicy"}},
            "action": "ALLOW", "enabled": True, "type": "AccessRule", "name": "rule %d" % n,
            "id": "R%d" % n, "logBegin": False, "logEnd": True,
            "sourceZones": {"objects": [{"type": "SecurityZone", "name": "inside", "id": "z1"}]},
            "destinationZones": {"objects": [{"type": "SecurityZone", "name": "outside", "id": "z2"}]},
            "sourceNetworks": {"literals": [{"type": "Network", "value": network(n)}]},
            "destinationNetworks": {"literals": [{"type": "Host", "value": "203.0.113.%d" % (n % 250)}]},
            "destinationPorts": {"literals": [
                {"type": "PortLiteral", "port": ports(n), "protocol": "6"}]},
        }
        for n in range(count)
    ]
    return [
        {"type": "AccessPolicy", "id": "P1", "name": "Branch", "links": {"self": link},
         "defaultAction": {"type": "AccessPolicyDefaultAction", "action": "BLOCK", "id": "A1"}},
        {"links": {"self": link + "/accessrules?expanded=true"}, "items": rules,
         "paging": {"offset": 0, "limit": count, "count": count, "pages": 1}},
    ]


def meraki(count):
    return {"l3FirewallRules": {"rules": [
        {
            "comment": "rule %d" % n, "policy": "allow" if n % 3 else "deny", "protocol": "tcp",
            "srcPort": "Any", "srcCidr": network(n) + "," + network(n + 7), "destPort": ports(n),
            "destCidr": host(n) + ",203.0.113.%d/32" % (n % 250), "syslogEnabled": False,
        }
        for n in range(count)
    ]}}


def windows(count):
    return {
        "schema": "sallyport.windows-firewall/1", "computer": "PC-0001",
        "takenAt": "2024-05-17T08:00:00Z", "windows": "10.0.22631.0", "store": "ActiveStore",
        "profiles": [
            {"Name": name, "Enabled": "True", "DefaultInboundAction": "Block",
             "DefaultOutboundAction": "Block", "AllowLocalFirewallRules": "True"}
            for name in ("Domain", "Private", "Public")
        ],
        "rules": [
            {
                "InstanceID": "R%d" % n, "DisplayName": "rule %d" % n, "Enabled": "True",
                "Direction": "Outbound", "Action": "Allow", "Profile": "Any", "Protocol": "TCP",
                "LocalPort": ["Any"], "RemotePort": [ports(n)], "LocalAddress": ["Any"],
                "RemoteAddress": ["203.0.113.%d" % (n % 250), network(n)], "Program": "Any",
                "Service": "Any", "InterfaceAlias": ["Any"], "InterfaceType": "Any",
            }
            for n in range(count)
        ],
    }


def neutral(count):
    return {
        "schema": "sallyport.policy/1", "scope": "branch",
        "zones": [{"name": "lan"}, {"name": "wan", "leads_to_internet": True}],
        "endpoint_objects": [
            {"id": "host-%d" % n, "list": [{"domain": host(n)}, network(n)]} for n in range(count)
        ],
        "tables": [{
            "name": "outbound", "default": "deny",
            "rules": [
                {"name": "rule %d" % n, "action": "allow", "comment": "ticket %d" % n,
                 "match": [
                     {"from": ["lan"]}, {"source": [network(n)]},
                     {"destination": [{"object": "host-%d" % n}, host(n)]},
                     {"service": [{"protocol": "tcp", "ports": ports(n)}]},
                 ]}
                for n in range(count)
            ],
        }],
    }


def aws(count):
    group = "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/g"
    rules = [
        {
            "Action": "PASS" if n % 3 else "DROP",
            "Header": {"Protocol": "TCP", "Source": network(n), "SourcePort": "ANY",
                       "Direction": "FORWARD", "Destination": "203.0.113.%d/32" % (n % 250),
                       "DestinationPort": ports(n)},
            "RuleOptions": [{"Keyword": "sid", "Settings": [str(n + 1)]},
                            {"Keyword": "msg", "Settings": ["\"ticket %d\"" % n]}],
        }
        for n in range(count)
    ]
    return [
        {"FirewallPolicyResponse": {
            "FirewallPolicyName": "egress", "FirewallPolicyId": "0",
            "FirewallPolicyArn": "arn:aws:network-firewall:eu-west-1:111122223333:firewall-policy/egress"},
         "FirewallPolicy": {
             "StatelessDefaultActions": ["aws:forward_to_sfe"],
             "StatelessFragmentDefaultActions": ["aws:drop"],
             "StatefulRuleGroupReferences": [{"ResourceArn": group}]}},
        {"RuleGroup": {"RulesSource": {"StatefulRules": rules}},
         "RuleGroupResponse": {"RuleGroupArn": group, "RuleGroupName": "g", "Type": "STATEFUL"}},
    ]


GENERATORS = {
    "aws": aws, "azure-firewall": azure, "checkpoint": checkpoint, "cisco-fmc": firepower,
    "fortigate": fortigate, "meraki": meraki, "nftables": nftables, "sallyport-policy": neutral,
    "windows-firewall": windows,
}


def export(name, megabytes, folder):
    """Writes an export of at least so many megabytes; its path and how many rules it has."""
    make = GENERATORS[name]
    sample = len(json.dumps(make(200), indent=1)) - len(json.dumps(make(100), indent=1))
    count = int(megabytes * 1e6 / sample * 100 * 1.03)
    path = os.path.join(folder, name + ".json")
    with open(path, "w") as file:
        json.dump(make(count), file, indent=1)
    return path, count


def best(runs, action):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def load(path):
    with open(path) as file:
        json.load(file)


def store(program, path, folder):
    database = os.path.join(folder, "bench.db")
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(database + ending):
            os.remove(database + ending)
    subprocess.run(
        [program, "import", path, "--site", "bench", "--db", database], check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("formats", nargs="*", metavar="FORMAT")
    arguments.add_argument("--program", default=".build/release/sallyport")
    arguments.add_argument("--megabytes", type=float, default=12)
    arguments.add_argument("--runs", type=int, default=3)
    options = arguments.parse_args()
    chosen = options.formats or sorted(GENERATORS)
    unknown = [name for name in chosen if name not in GENERATORS]
    if unknown:
        sys.exit("no generator for " + ", ".join(unknown))
    print("| format | file | rules | json.load | sallyport import | json.load | import | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            path, count = export(name, options.megabytes, folder)
            size = os.path.getsize(path) / 1e6
            python = best(options.runs, lambda: load(path))
            try:
                own = best(options.runs, lambda: store(options.program, path, folder))
            except subprocess.CalledProcessError as error:
                print("| %s | %.1f MB | %d | | failed: %s |" % (
                    name, size, count, error.stderr.decode().strip()[:200]))
                continue
            print("| %s | %.1f MB | %d | %.2f s | %.2f s | %.0f MB/s | %.0f MB/s | %.1f |" % (
                name, size, count, python, own, size / python, size / own, python / own), flush=True)


if __name__ == "__main__":
    main()
