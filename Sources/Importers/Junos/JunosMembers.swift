import ImportKit

/// Statements that say nothing about which packets a rule matches or what becomes of them, each with
/// the reason. Whatever is not listed and not read is a doubt.
enum JunosMembers {
  /// What may stand in any statement.
  static let common = IrrelevantMembers([
    ("text for people", ["description", "comment", "annotation"]),
    (
      "names configuration groups, which are judged where they may add something",
      ["apply-groups", "apply-groups-except"]
    ),
    ("comments that the device writes into an export", ["junos:comment"]),
  ])

  static let policies = common.union([
    "policy-rematch": "what happens to running sessions when the policies change",
    "policy-stats": "counters",
    "traceoptions": "logging",
    "unified-policy": "limits of the look-up of applications",
    "pre-id-default-policy": "logging and time-outs until the application is known",
  ])

  static let policy = common.union([
    "log": "logging", "count": "counters", "report-skip": "counters",
  ])

  /// Parts of `then permit` that let a flow pass in another way.
  static let permit = common.union([
    "services-offload": "speed", "tcp-options": "checks of sequence numbers and sizes of segments",
    "log": "logging", "count": "counters",
  ])

  static let application = common.union(
    IrrelevantMembers([
      ("time-outs of sessions", ["inactivity-timeout"]),
      (
        "helpers that follow other protocols; they take nothing away",
        ["application-protocol", "alg", "do-not-translate-A-query-to-AAAA-query"]
      ),
    ]))

  static let address = common

  static let filter = common.union(
    IrrelevantMembers([
      ("counters", ["accounting-profile", "interface-shared", "scale-optimized"]),
      (
        "how the device stores the filter",
        [
          "interface-specific", "physical-interface-filter", "enhanced-mode", "fast-lookup-filter",
          "instance-shared", "promote", "no-incremental-update",
        ]
      ),
    ]))

  /// Parts of `then` that leave a packet as it is.
  static let then = common.union(
    IrrelevantMembers([
      (
        "counters and logging",
        ["count", "log", "syslog", "sample", "service-accounting", "port-mirror", "accounting"]
      ),
      (
        "queues and marks",
        ["forwarding-class", "loss-priority", "dscp", "traffic-class", "hierarchical-policer"]
      ),
      (
        "limits of rates, which deny nothing below the limit",
        ["policer", "three-color-policer", "prefix-action"]
      ),
    ]))

  static let redirect = common.union(["rule-session-count-alarm": "logging"])

  static let webProfile = common.union(
    IrrelevantMembers([
      (
        "what the page for people says",
        ["custom-block-message", "custom-message", "block-message"]
      ),
      ("time-outs and sizes of caches", ["timeout", "cache-timeout", "cache-size"]),
      ("concerns the pages of search engines", ["no-safe-search", "safe-search"]),
      ("pages for people", ["quarantine-custom-message", "quarantine-message", "account"]),
      ("logging", ["logging"]),
    ]))
}
