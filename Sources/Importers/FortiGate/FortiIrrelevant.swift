import ImportKit

/// Settings of FortiOS and FortiManager that say nothing about which packets match. Source:
/// docs.fortinet.com, FortiOS CLI Reference 6.0 to 7.6, the settings of each table.
enum FortiIrrelevant {
  private static let everywhere: [(reason: String, names: [String])] = [
    ("names the entry", ["name", "policyid", "id", "uuid", "uuid-idx", "q_origin_key", "obj-id"]),
    (
      "for people",
      ["comment", "comments", "color", "label", "global-label", "tagging", "visibility"]
    ),
    (
      "FortiManager's own bookkeeping",
      [
        "obj seq", "obj ver", "obj flags", "oid", "_created timestamp", "_last_modified timestamp",
        "_byte", "_first_hit", "_first_session", "_hitcount", "_last_hit", "_last_session", "_pkts",
        "_sesscount", "_global-label", "_global-label-color", "_label-color", "_last-modified-by",
        "_created-by", "_modified timestamp", "_image-base64", "_policy_block", "meta fields",
        "global-object", "_global-vpn", "_global-vpn-tgt", "last-modified", "_is_factory_setting",
        "_reputation-direction", "obj type", "referred object map", "attr", "meta-fields",
        "_first_hit_timestamp",
      ]
    ),
    ("shared in the Security Fabric", ["fabric-object"]),
  ]

  static let common = IrrelevantMembers(everywhere)

  static let policy = common.union(
    IrrelevantMembers([
      (
        "logging",
        [
          "logtraffic", "logtraffic-start", "logtraffic-app", "capture-packet",
          "custom-log-fields", "log-http-transaction", "app-monitor", "log-unmatched-traffic",
        ]
      ),
      (
        "translation of the source, which changes the address and not whether it passes",
        [
          "nat", "ippool", "poolname", "poolname6", "fixedport", "port-preserve", "port-random",
          "natip", "permit-any-host", "permit-stun-host", "pcp-inbound", "pcp-outbound",
          "pcp-poolname", "cgn-eif", "cgn-eim", "cgn-log-server-grp", "cgn-resource-quota",
          "cgn-session-quota", "nat46", "nat64", "rtp-nat", "rtp-addr", "match-vip",
        ]
      ),
      (
        "shaping and marking of what passes",
        [
          "traffic-shaper", "traffic-shaper-reverse", "per-ip-shaper", "dynamic-shaping",
          "diffserv-copy", "diffserv-forward", "diffserv-reverse", "diffservcode-forward",
          "diffservcode-rev", "vlan-cos-fwd", "vlan-cos-rev", "tcp-mss-receiver", "tcp-mss-sender",
          "fec",
        ]
      ),
      (
        "how sessions are kept and sped up",
        [
          "anti-replay", "auto-asic-offload", "np-acceleration", "delay-tcp-npu-session",
          "session-ttl", "firewall-session-dirty", "timeout-send-rst", "schedule-timeout", "dsri",
          "tcp-session-without-syn", "tcp-timeout-pid", "udp-timeout-pid",
          "passive-wan-health-measurement", "block-notification",
        ]
      ),
      (
        "how users log in, of which only the groups are a match",
        [
          "auth-cert", "auth-path", "auth-redirect-addr", "fsso", "fsso-agent-for-ntlm", "ntlm",
          "ntlm-enabled-browsers", "ntlm-guest", "wsso", "rsso", "radius-mac-auth-bypass",
          "radius-ip-auth-bypass", "redirect-url", "saml-server", "scim", "email-collect",
          "captive-portal-exempt",
        ]
      ),
      (
        "only for the action ipsec, which is a doubt as a whole",
        ["vpntunnel", "inbound", "outbound", "natinbound", "natoutbound"]
      ),
      (
        "profiles for mail, voice, files and threats, which are noted where they stand",
        [
          "av-profile", "ips-sensor", "dlp-profile", "dlp-sensor", "file-filter-profile",
          "emailfilter-profile", "spamfilter-profile", "voip-profile", "ips-voip-filter",
          "cifs-profile", "icap-profile", "waf-profile", "casb-profile", "ssh-filter-profile",
          "sctp-filter-profile", "diameter-filter-profile", "pfcp-profile", "gtp-profile",
          "mms-profile", "videofilter-profile", "virtual-patch-profile", "telemetry-profile",
          "profile-protocol-options", "replacemsg-override-group", "decrypted-traffic-mirror",
          "ssl-mirror", "ssl-mirror-intf", "scan-botnet-connections",
        ]
      ),
      (
        "caching and optimisation of what passes",
        [
          "webcache", "webcache-https", "wanopt", "wanopt-detection", "wanopt-passive-opt",
          "wanopt-peer", "wanopt-profile",
        ]
      ),
      ("of effect in security policies only", ["application", "app-category", "app-group"]),
      ("read with the switch that it belongs to", ["tos", "dscp-value", "geoip-match"]),
      ("whether anycast addresses count for geography, which is a doubt anyway", ["geoip-anycast"]),
      ("direction of a reputation, which is a doubt anyway", ["reputation-direction"]),
      ("SSH through the proxy", ["ssh-policy-redirect"]),
      ("the route of what passes", ["identity-based-route"]),
      ("the profile of the explicit proxy", ["webproxy-profile"]),
      ("FortiManager writes it for itself", ["policy-offload", "dynamic_mapping"]),
    ]))

  static let object = common.union(
    IrrelevantMembers([
      ("routing, not what rules match", ["allow-routing", "associated-interface"]),
      ("how long answers of DNS are kept", ["cache-ttl"]),
      ("files the entry", ["category", "proxy"]),
      (
        "how sessions are kept",
        [
          "session-ttl", "tcp-halfclose-timer", "tcp-halfopen-timer", "tcp-rst-timer",
          "tcp-timewait-timer", "udp-idle-timer", "check-reset-range", "helper",
        ]
      ),
      ("types of ICMP", ["icmpcode", "icmptype", "unset-icmpcode", "unset-icmptype"]),
      (
        "where a list that is filled at run time comes from",
        [
          "clearpass-spt", "epg-name", "filter", "fsso-group", "hw-model", "hw-vendor", "interface",
          "list", "macaddr", "start-mac", "end-mac", "node-ip-only", "obj-tag", "obj-type",
          "organization", "os", "policy-group", "route-tag", "sdn", "sdn-addr-type", "sdn-tag",
          "sso-attribute-value", "sub-type", "subnet-name", "sw-version", "tag-detection-level",
          "tag-type", "tenant", "agent-id", "profile-list", "dirty", "host-type", "template",
          "subnet-segment", "host",
        ]
      ),
      ("the value of another type of address", ["country"]),
      ("FortiManager writes every type's value", ["end-ip", "start-ip", "wildcard"]),
    ]))
}
