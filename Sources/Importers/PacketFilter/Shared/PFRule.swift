import ImportKit

/// One rule as a configuration writes it, whichever store it comes from.
struct PFRule {
  enum Direction: String {
    case `in`
    case out
    case any
  }

  /// Source or destination.
  struct Side {
    enum Item {
      case any
      /// A word for networks of the firewall: `lan`, `wanip`, `(self)`, a VPN or group.
      case network(String)
      /// An address, network or alias.
      case address(String)
      /// A list entry that may be any of these (OPNsense's newer rules).
      case name(String)
    }

    /// Nil where the rule gives nothing that the product can use.
    var items: [Item]?
    var isNegated = PFSwitch.off
    var port = ""
    var line: Int
  }

  /// Whether the rule lets later packets of a connection pass by a state.
  enum Tracking {
    case state
    case none
    case unknown(Condition)
  }

  /// TCP flags that a packet must have.
  enum Flags {
    /// None are written: those of a first packet for a rule that keeps states, else any ("flags S/SA
    /// is the default setting for stateful connections", pf.conf(5)).
    case standard
    /// Those of a first packet, written down.
    case first
    /// Any.
    case any
    /// Some that a first packet does not have; for the reader.
    case other(String)
  }

  var name: String
  var id: String?
  var isEnabled: Bool
  /// `pass`, `block`, `reject`, `match`, or whatever stands there.
  var type: String
  var isQuick: PFSwitch
  var direction: Direction
  var interfaces: [String]
  var interfacesAreNegated = PFSwitch.off
  var isFloating: Bool
  /// Nil for both families.
  var family: AddressFamily?
  var `protocol`: String
  var source: Side
  var destination: Side
  var schedule: String?
  var gateway: String?
  var flags = Flags.standard
  var tracking = Tracking.state
  /// What else must hold.
  var conditions: [Condition] = []
  /// Set where the rule drops, beyond a limit, what it would let pass.
  var limit: Condition?
  var line: Int

  var position: SourcePosition { SourcePosition(line: line) }

  /// For sentences about the rule.
  static func words(_ name: String) -> String { "rule `\(name)`" }
}

extension PFRule {
  /// Members that neither store reads for filtering, each with the reason.
  static let irrelevant = IrrelevantMembers([
    (
      "describes or files the rule",
      [
        "descr", "description", "category", "categories", "id", "tracker", "@uuid", "created",
        "updated", "associated-rule-id", "label", "labels", "log", "seq", "sequence", "sort_order",
        "prio_group", "username", "time", "@version",
      ]
    ),
    (
      "says how states are kept or copied to another firewall, not which packets match",
      [
        "statetimeout", "nosync", "nopfsync", "state-policy", "statepolicy", "source-track",
        "adaptivestart", "adaptiveend", "udp-first", "udp-multiple", "udp-single", "overload",
        "sloppy",
        "nostatesync",
      ]
    ),
    (
      "marks or queues what matches",
      [
        "tag", "defaultqueue", "ackqueue", "dnpipe", "pdnpipe", "shaper1", "shaper2", "set-prio",
        "set-prio-low", "vlanprioset",
      ]
    ),
    ("lets packets with IP options pass as well", ["allowopts"]),
    (
      "decides by which way answers go back, which states settle",
      [
        "disablereplyto", "reply-to", "replyto",
      ]
    ),
    ("counts for rules about ICMP only", ["icmptype", "icmp6type", "icmp-type", "icmp6-type"]),
  ])

  /// Reads an element of `filter/rule`, or of `nat/rule`, which begins alike.
  init(
    legacy record: ExportRecord, product: PFProduct, draft: PolicyDraft,
    ignoring irrelevant: IrrelevantMembers = PFRule.irrelevant
  ) {
    let dialect = product.dialect
    let name = record.word("descr") ?? ""
    self.name = name
    id = record.filled("tracker") ?? record.attribute("uuid")
    line = record.position.line
    let floating = record.child("floating")
    isFloating = floating != nil
    interfaces = PFText.words(record.word("interface") ?? "")
    // pfSense writes `any` for a floating rule on all interfaces.
    if isFloating { interfaces.removeAll { $0 == "any" } }
    type = record.word("type") ?? ""
    schedule = record.filled("sched")
    gateway = record.filled("gateway").flatMap { $0 == "default" ? nil : $0 }
    self.protocol = (record.word("protocol") ?? "").lowercased()
    source = Side(legacy: record.record("source"), of: record, product: product)
    destination = Side(legacy: record.record("destination"), of: record, product: product)
    isEnabled = true
    isQuick = .on
    direction = .in
    let written = record.word("direction") ?? ""
    let families = record.word("ipprotocol") ?? ""
    let quick = record.child("quick")
    let disabled = record.child("disabled")
    var reader = Reader(name: name, record: record, draft: draft)
    switch dialect {
    case .pfSense:
      // Source of what follows: pfsense/pfsense src/etc/inc/filter.inc, filter_generate_user_rule.
      isEnabled = disabled == nil
      isQuick = !isFloating || quick != nil ? .on : .off
      if let floating {
        if floating.text == "yes" {
          direction = reader.direction(written, standard: .any)
        } else if !["", "in"].contains(written) {
          reader.doubt("floating rule whose `floating` is `\(floating.text)`, not `yes`")
          direction = .any
        }
      }
      switch families {
      case "inet6": family = .ipv6
      case "inet46": family = nil
      case "inet", "": family = .ipv4
      default: family = reader.family(families)
      }
      // "proto tcp" is written where only ports are given, and the ports are then left out.
      if self.protocol.isEmpty, !(source.port.isEmpty && destination.port.isEmpty) {
        self.protocol = "tcp"
        source.port = ""
        destination.port = ""
      }
      if record.filled("tagged") != nil, record.child("nottagged") != nil {
        reader.doubt("only packets that no other rule has tagged")
      } else {
        reader.tag()
      }
      if record.has("nat") {
        // Translation to IPv4 comes with pfSense 2.9; for IPv4 such a rule is not loaded.
        _ = record.child("nat")
        reader.doubt("translates IPv6 to IPv4")
      }
    case .opnSense:
      // Source: opnsense/core library/OPNsense/Firewall/FilterRule.php and Rule.php.
      switch product.read(disabled) {
      case .on: isEnabled = false
      case .off where disabled?.text.isEmpty ?? false, .unknown(""):
        reader.doubt(
          "`disabled` stands there without a value: the rule generator takes the "
            + "rule, the web interface shows it as disabled", .notInForce)
      case .off: break
      case .unknown(let word):
        reader.doubt("whether the rule is off: `disabled` is `\(word)`", .notInForce)
      }
      // An empty `quick` is there and empty: not quick (`isset`, then `parseBool`).
      isQuick =
        quick?.text.isEmpty ?? false ? .off : product.read(quick, default: !isFloating)
      direction = written.isEmpty ? .in : reader.direction(written, standard: .any)
      switch families {
      case "inet": family = .ipv4
      case "inet6": family = .ipv6
      case "inet46", "": family = nil
      default: family = reader.family(families)
      }
      reader.tag()
    }
    reader.special(protocol: self.protocol, product)
    tracking = reader.tracking()
    limit = reader.limit()
    flags = reader.flags(protocol: self.protocol, product)
    conditions = reader.finish(ignoring: irrelevant)
  }
}

extension PFRule.Side {
  fileprivate init(legacy record: ExportRecord?, of rule: ExportRecord, product: PFProduct) {
    line = record?.position.line ?? rule.position.line
    guard let record else {
      // pfSense cannot write a rule without a side; OPNsense takes any.
      items = product.dialect == .opnSense ? [.any] : nil
      return
    }
    isNegated = product.read(record.child("not"))
    port = record.word("port") ?? ""
    let any = record.child("any")
    let network = record.filled("network")
    let address = record.filled("address")
    switch product.dialect {
    case .pfSense:
      if any != nil {
        items = [.any]
      } else if let network {
        items = [.network(network)]
      } else {
        items = address.map { [.address($0)] }
      }
    case .opnSense:
      // A side without network and address is any (Rule.php, legacyMoveAddressFields), and every
      // field is divided at commas.
      if let network {
        items = PFText.words(network).map { .network($0) }
      } else if let address {
        items = PFText.words(address).map { .address($0) }
      } else {
        items = [.any]
      }
    }
  }
}
