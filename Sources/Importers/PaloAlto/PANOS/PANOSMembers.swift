import ImportKit

/// Members of a configuration that say nothing about which packets a rule matches or what becomes of
/// them, each with the reason. Whatever is not listed and not read is a doubt.
enum PANOSMembers {
  /// What the management plane writes beside any entry.
  private static let bookkeeping = IrrelevantMembers([
    (
      "who changed the entry and when, and where it comes from",
      ["@admin", "@dirtyId", "@time", "@loc", "@src", "@ptpl", "@overrides", "@uuid", "@name"]
    ),
    (
      "text, colours and groups for people",
      ["description", "tag", "group-tag", "color", "comments", "audit-comment"]
    ),
    ("whether a lower level may change the entry", ["disable-override"]),
  ])

  private static let logging = IrrelevantMembers([
    (
      "logging",
      [
        "log-start", "log-end", "log-setting", "log-severity", "log-successful-tls-handshakes",
        "log-fail-tls-handshakes", "log-success", "log-fail", "log-authentication-timeout",
      ]
    )
  ])

  static let securityRule = bookkeeping.union(logging).union([
    "icmp-unreachable": "how a denial is told to the client",
    "qos": "marks packets and lets them pass",
    "disable-inspect": "switches content inspection off, which can only let more pass",
    "disable-server-response-inspection": "the same for answers",
  ])

  static let objects = bookkeeping

  static let service = bookkeeping.union([
    "override": "time-outs of sessions"
  ])

  static let externalList = bookkeeping

  static let urlProfile = bookkeeping.union(
    IrrelevantMembers([
      (
        "logging",
        [
          "log-container-page-only", "log-http-hdr-xff", "log-http-hdr-user-agent",
          "log-http-hdr-referer", "enable-container-page",
        ]
      ),
      ("concerns the pages of search engines", ["safe-search-enforcement"]),
      ("concerns passwords that people type into forms", ["credential-enforcement"]),
      ("adds a header and lets the request pass", ["http-header-insertion"]),
      ("asks the vendor's cloud for the category of unknown hosts", ["dynamic-url"]),
      ("concerns the time after the licence has run out", ["license-expired"]),
      (
        "judges the content of web pages while they load; hosts keep their category",
        [
          "mlav-engine-urlbased-enabled", "mlav-category-exception", "cloud-inline-cat",
          "local-inline-cat",
        ]
      ),
    ]))

  static let forwardingRule = bookkeeping.union([
    "enforce-symmetric-return": "by which way answers leave towards the client",
    "monitor": "when the rule's way counts as broken, which is not in the export",
  ])

  static let denialOfServiceRule = bookkeeping.union(logging).union([
    "protection": "rates of connections, which the export cannot tell"
  ])

  static let authenticationRule = bookkeeping.union(logging).union([
    "timeout": "how long a login lasts"
  ])

  static let translationRule = bookkeeping.union([
    "source-translation": "the client's address after the policy has seen it",
    "nat-type": "translation between families is told by the translated address",
  ])

  static let overrideRule = bookkeeping

  static let decryptionRule = bookkeeping.union(logging).union([
    "profile": "which certificates and ciphers a decrypted connection may use",
    "packet-broker-profile": "where decrypted traffic is shown to other machines",
    "forwarding-profile": "where decrypted traffic is shown to other machines",
  ])
}
