import ImportKit

/// Files of firewalls and of what is near them, also of products and kinds of file that no importer
/// reads, so that a person who gives one hears what it is and what to give.
///
/// Words of readable formats are here for files that are damaged, cut out or wrapped. Sources: the
/// vendors' documentation and the exports that the importers were tried with.
enum KnownProducts {
  static let all = xml + json + text

  private static let listed = "`sallyport formats` lists the exports that can be read"

  private static let xml: [ProductHallmarks] = [
    ProductHallmarks(
      "a part of a Palo Alto PAN-OS configuration",
      [
        "vsys", "rulebase", "deviceconfig", "mgt-config", "profile-setting", "negate-source",
        "source-user", "log-end", "virtual-router", "default-security-rules", "source-hip",
      ], advice: "export the whole running configuration: running-config.xml"),
    ProductHallmarks(
      "a part of a Palo Alto Panorama configuration",
      ["device-group", "pre-rulebase", "post-rulebase", "template-stack", "parent-dg"],
      advice: "export the whole Panorama configuration snapshot"),
    ProductHallmarks(
      "a part of a pfSense or OPNsense configuration",
      [
        "aliases", "ifgroups", "tracker", "installedpackages", "staticroutes", "blockpriv",
        "blockbogons", "statetype", "ipprotocol", "disablefilter", "separator", "descr",
      ], advice: "make the backup of the whole configuration, area ALL, without encryption"),
    ProductHallmarks(
      "a part of a Junos configuration",
      [
        "from-zone-name", "to-zone-name", "security-zone", "address-book", "source-address",
        "host-inbound-traffic", "rpc-reply", "configuration-information",
        "multi-routing-engine-item",
      ], advice: "export with: show configuration | display inheritance | display xml | no-more"),
    ProductHallmarks(
      "a file of firewalld",
      ["masquerade", "forward-port", "icmp-block", "ingress-zone", "egress-zone", "ipset"],
      advice: "give the folder /etc/firewalld as it is"),
    ProductHallmarks(
      "a report of Windows group policy",
      [
        "GPO", "ExtensionData", "LinksTo", "SecurityDescriptor", "OutboundFirewallRules",
        "InboundFirewallRules", "DomainProfile", "Rsop", "BackupInst", "GroupPolicyObject",
      ], advice: "export with: Get-GPOReport -ReportType Xml, or gpresult /x"),
    ProductHallmarks(
      "a configuration of WatchGuard Fireware",
      [
        "abs-policy-list", "abs-policy", "policy-list", "alias-list", "alias-member",
        "address-group-list", "service-list", "for-version", "rs-version",
      ], advice: listed),
    ProductHallmarks(
      "an export of Sophos Firewall",
      [
        "FirewallRule", "NetworkPolicy", "UserPolicy", "IPHost", "FQDNHost", "FQDNHostGroup",
        "SSLTLSInspectionRule", "WebFilterPolicy", "SourceZones",
      ], advice: listed),
    ProductHallmarks(
      "a data file of Firewall Builder",
      ["FWObjectDatabase", "PolicyRule", "ObjectRef", "Library", "ObjectGroup", "ServiceGroup"],
      advice: "compile it, and give the export of the firewall itself"),
    ProductHallmarks(
      "an export of Forcepoint SMC",
      ["generic_import_export", "fw_policy", "access_entry", "rule_entry", "domain_name"],
      advice: listed),
    ProductHallmarks(
      "the distributed firewall of NSX for vSphere",
      ["firewallConfiguration", "layer3Sections", "layer2Sections", "appliedToList"],
      advice: listed),
    ProductHallmarks(
      "a configuration of Kerio Control",
      ["listitem", "variable", "list", "config"], advice: listed),
    ProductHallmarks(
      "an export of Microsoft TMG or ISA Server",
      ["Arrays", "PolicyRules", "PolicyRule", "RuleElements", "AccessProperties"], advice: listed),
    ProductHallmarks(
      "the result of a vulnerability or port scan",
      ["NessusClientData_v2", "ReportHost", "ReportItem", "nmaprun", "hosthint"],
      advice: "give the configuration of the firewall"),
    ProductHallmarks(
      "an event log of Windows", ["Event", "EventData", "EventRecordID", "Provider"],
      advice: "give the policy of the firewall"),
    ProductHallmarks(
      "an answer of a SOAP service", ["Envelope", "Body", "Fault", "faultstring"],
      advice: "save the configuration that the answer was to hold"),
  ]

  private static let json: [ProductHallmarks] = [
    ProductHallmarks(
      "an answer of the PAN-OS REST interface",
      ["@status", "@code", "@location", "@vsys", "@loc", "@device-group", "source-user"],
      advice: "export the running configuration as XML: running-config.xml"),
    ProductHallmarks(
      "a part of a Junos configuration",
      ["from-zone-name", "to-zone-name", "security-zone", "address-book", "source-address"],
      advice: "export with: show configuration | display inheritance | display json | no-more"),
    ProductHallmarks(
      "a part of an Azure Firewall policy",
      [
        "ruleCollectionGroups", "ruleCollections", "applicationRules", "networkRules",
        "targetFqdns", "fqdnTags", "ruleCollectionType", "sourceIpGroups",
      ], advice: "export the policy with its rule collection groups"),
    ProductHallmarks(
      "an Azure network security group",
      [
        "securityRules", "defaultSecurityRules", "destinationPortRange", "sourcePortRange",
        "destinationAddressPrefix", "effectiveNetworkSecurityGroups",
      ], advice: listed),
    ProductHallmarks(
      "an AWS security group or network ACL",
      [
        "SecurityGroups", "IpPermissions", "IpPermissionsEgress", "IpRanges", "NetworkAcls",
        "RuleNumber", "SecurityGroupRules",
      ], advice: listed),
    ProductHallmarks(
      "a part of an AWS Network Firewall",
      [
        "StatelessRulesAndCustomActions", "RulesSource", "RulesSourceList", "RuleGroup",
        "StatefulRuleGroupReferences", "FirewallPolicy", "StatefulRules", "GeneratedRulesType",
      ], advice: listed),
    ProductHallmarks(
      "an answer of Check Point's management interface",
      [
        "objects-dictionary", "rulebase", "access-layer", "inline-layer", "domain-type",
        "meta-info",
      ],
      advice: "export with: mgmt_cli show access-rulebase, with the objects dictionary"),
    ProductHallmarks(
      "an answer of Cisco FMC or FDM",
      ["sourceNetworks", "destinationNetworks", "sourceZones", "ipsPolicy", "sendEventsToFMC"],
      advice: "ask for the access rules with expanded=true"),
    ProductHallmarks(
      "an answer of FortiGate's REST interface",
      ["srcintf", "dstintf", "srcaddr", "dstaddr", "policyid", "vdom", "http_method"],
      advice: "give the configuration backup, or cmdb/firewall/policy with its address objects"),
    ProductHallmarks(
      "firewall rules of Google Cloud",
      [
        "sourceRanges", "destinationRanges", "denied", "targetTags", "firewallPolicys",
        "targetServiceAccounts",
      ], advice: listed),
    ProductHallmarks(
      "an NSX policy",
      ["resource_type", "source_groups", "destination_groups", "sequence_number", "scope"],
      advice: listed),
    ProductHallmarks(
      "OpenStack security groups or firewall rules",
      [
        "security_group_rules", "port_range_min", "remote_ip_prefix", "ethertype",
        "firewall_policies", "firewall_rules",
      ], advice: listed),
    ProductHallmarks(
      "firewall rules of Meraki",
      ["destPort", "destCidr", "srcCidr", "syslogEnabled", "allowedServices"], advice: listed),
    ProductHallmarks(
      "rules of Zscaler Internet Access",
      ["nwServices", "nwApplications", "destCountries", "urlCategories", "enableFullLogging"],
      advice: listed),
    ProductHallmarks(
      "firewall rules of Windows",
      ["PolicyStoreSource", "DisplayGroup", "EdgeTraversalPolicy", "RemoteAddress", "LocalPort"],
      advice: "export with: Export-WindowsFirewall.ps1"),
  ]

  private static let text: [ProductHallmarks] = [
    ProductHallmarks(
      "a PAN-OS configuration as set commands",
      [
        "set rulebase security", "set deviceconfig", "set network interface", "set zone ",
        "set vsys ", "set device-group ", "set shared ", "set mgt-config",
      ],
      advice: "export it as XML: running-config.xml, or set cli config-output-format xml"),
    ProductHallmarks(
      "a Junos configuration as set commands",
      [
        "set security policies", "set security zones", "set security nat", "set system host-name",
        "set interfaces ", "set applications ", "set version ",
      ], advice: "export it with: show configuration | display inheritance | display xml | no-more"),
    ProductHallmarks(
      "a Junos configuration in braces",
      [
        "security {", "policies {", "from-zone ", "security-zone ", "host-inbound-traffic {",
        "address-book {", "interfaces {", "## Last commit",
      ], advice: "export it with: show configuration | display inheritance | display xml | no-more"),
    ProductHallmarks(
      "a configuration of Cisco ASA",
      [
        "ASA Version", "access-list ", "access-group ", "object network ", "object-group ",
        "nameif ", "security-level ",
      ], advice: listed),
    ProductHallmarks(
      "a configuration of Cisco IOS",
      [
        "ip access-list ", "interface GigabitEthernet", "ip route ", "line vty",
        "zone-pair security",
      ],
      advice: listed),
    ProductHallmarks(
      "an nftables ruleset as text",
      ["table inet ", "table ip ", "table ip6 ", "chain ", "type filter hook", "type nat hook"],
      advice: "export it as JSON: nft -j list ruleset"),
    ProductHallmarks(
      "pf rules as text, not the configuration",
      [
        "pass in ", "pass out ", "block drop ", "block return ", "scrub ", "anchor ",
        "rdr ", "nat on ", "block in ", "block out ",
      ], advice: "give config.xml of the firewall"),
    ProductHallmarks(
      "firewall rules as netsh lists them",
      ["Rule Name:", "Direction:", "Profiles:", "LocalIP:", "RemotePort:", "Edge traversal:"],
      advice: "export with: Export-WindowsFirewall.ps1"),
    ProductHallmarks(
      "what firewall-cmd lists",
      ["target: ", "icmp-block-inversion: ", "masquerade: ", "forward-ports: ", "rich rules: "],
      advice: "give the folder /etc/firewalld as it is"),
    ProductHallmarks(
      "the status of ufw", ["Status: active", "To    ", "Anywhere", "--      "],
      advice: "export with: iptables-save, or nft -j list ruleset"),
    ProductHallmarks(
      "a configuration of VyOS",
      ["set firewall ", "set interfaces ethernet", "set policy ", "set nat ", "set system login"],
      advice: "export with: nft -j list ruleset"),
    ProductHallmarks(
      "a configuration of MikroTik RouterOS",
      ["/ip firewall filter", "/ip firewall nat", "/interface ", "add action=", "add chain="],
      advice: listed),
    ProductHallmarks(
      "a part of a FortiGate configuration",
      ["config firewall policy", "set srcintf ", "set dstintf ", "set srcaddr ", "set dstaddr "],
      advice: "give the whole configuration backup"),
    ProductHallmarks(
      "rules of iptables without their table",
      ["-A INPUT", "-A FORWARD", "-A OUTPUT", ":INPUT ", ":FORWARD "],
      advice: "export with: iptables-save"),
    ProductHallmarks(
      "a program for Terraform",
      [
        "resource \"aws_", "resource \"azurerm_", "resource \"google_", "provider \"",
        "terraform {", "variable \"",
      ], advice: "give what is deployed: export it from the cloud"),
    ProductHallmarks(
      "objects of an old Check Point management (objects_5_0.C)",
      [":ClassName ", ":AdminInfo ", ":chkpf_uid ", ":netobj ", ":rules "],
      advice: "export with: mgmt_cli show access-rulebase"),
    ProductHallmarks(
      "a Windows registry export of other keys",
      ["Windows Registry Editor", "[HKEY_LOCAL_MACHINE", "[HKEY_CURRENT_USER"],
      advice: "export the key that holds FirewallRules: reg query, or Export-WindowsFirewall.ps1"),
  ]
}
