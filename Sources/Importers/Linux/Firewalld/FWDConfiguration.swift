import ImportKit

/// What the files of one machine say, in firewalld's own words; local files have replaced vendor
/// files of the same name.
struct FWDConfiguration {
  /// What happens to traffic that no element of a zone or policy decides.
  enum Target {
    /// Of zones: nothing is said, so it is rejected in the end.
    case byDefault
    /// Of policies: go on with the next policy.
    case goOn
    case accept
    case drop
    case reject
    /// A word that is not known: it may accept as well as reject.
    case open(Condition)
  }

  /// An origin that binds a connection to a zone, ahead of the interface.
  struct Source {
    let kind: Kind
    let position: SourcePosition

    enum Kind {
      case address(String)
      case ipset(String)
      case mac(String)
    }
  }

  struct Zone {
    let name: String
    var target: Target = .byDefault
    /// Whether the file has a target at all.
    var targetIsWritten = false
    var interfaces: [String] = []
    var sources: [Source] = []
    /// Where `<forward/>` stands; nil where forwarding inside the zone is not allowed.
    var forward: SourcePosition?
    var masquerade: SourcePosition?
    var elements: [Element] = []
    /// Set where the file is an unrendered template, so that any element may be missing.
    var doubt: Condition?
    /// What of the file is not understood: it may accept routed traffic, or stop it.
    var unread: Condition?
    /// Where interfaces or sources stand that are not readable, so that more may be bound.
    var openBindings: [SourcePosition] = []
    var position: SourcePosition
    /// Whether the zone comes from our table of the zones that every installation has.
    var isBuiltIn = false
  }

  struct Policy {
    let name: String
    var target: Target = .goOn
    var priority = -1
    var isDisabled = false
    var ingress: [String] = []
    var egress: [String] = []
    var elements: [Element] = []
    var masquerade: SourcePosition?
    /// What keeps it open whether the policy applies.
    var doubts: [Condition] = []
    var position: SourcePosition
  }

  /// A rule of a zone or policy.
  struct Element {
    enum What {
      case service(String)
      case port(String, protocol: String)
      case sourcePort(String, protocol: String)
      case `protocol`(String)
      case icmp(String)
      case forwardPort(String, protocol: String)
      case masquerade
      /// Only source and destination count.
      case everything
      /// Changes packets without deciding about them.
      case passive(String)
      case unknown(String)
    }

    enum Verdict {
      case accept
      case reject
      case drop
      /// Logs or marks only.
      case none
      /// Not understood: it may accept as well as reject.
      case open
    }

    var what: What
    var verdict: Verdict
    var family: String?
    var priority = 0
    var source: Address?
    var destination: Address?
    /// A rate to which the action is limited.
    var limit: String?
    /// What of the element is not understood.
    var doubts: [Condition] = []
    var isRich = false
    var position: SourcePosition
  }

  struct Address {
    let kind: Source.Kind
    let inverted: Bool
  }

  struct Service {
    let name: String
    var ports: [(port: String, protocol: String)] = []
    var sourcePorts: [(port: String, protocol: String)] = []
    var protocols: [String] = []
    var includes: [String] = []
    /// Destinations to which the service is limited, by `ipv4` and `ipv6`.
    var destinations: [String: String] = [:]
    var unread: Condition?
    /// Nil for services of our own table.
    var position: SourcePosition?
  }

  struct IPSet {
    let name: String
    var type = ""
    var entries: [String] = []
    var hasTimeout = false
    /// An option that changes what the set holds.
    var oddOption: String?
    var unread: Condition?
    var position: SourcePosition
  }

  var zones: [String: Zone] = [:]
  var policies: [String: Policy] = [:]
  var services: [String: Service] = [:]
  var ipsets: [String: IPSet] = [:]
  var direct: [FWDDirectFile] = []
  /// Settings of firewalld.conf by lower-case key; nil where the file is not there.
  var settings: [String: String]?
  var defaultZone: String? { settings?["defaultzone"] }

  /// Nil where the settings are not there, or say something that is not known. Without the setting it
  /// is nftables (firewalld.conf(5)).
  var usesIPTables: Bool? {
    guard let settings else { return nil }
    switch settings["firewallbackend"]?.lowercased() {
    case nil, "nftables": return false
    case "iptables": return true
    default: return nil
    }
  }

  /// Whether the release is 1.0 or later, as far as the files show: that release dropped the option
  /// AllowZoneDrifting, and forwarding inside zones came with it to the standard zones.
  var isFromVersion1: Bool? {
    guard let settings else { return nil }
    if settings["allowzonedrifting"] != nil { return false }
    let later = [
      "nftablesflowtable", "nftablescounters", "nftablestableowner", "reloadpolicy",
      "strictforwardports",
    ]
    if later.contains(where: { settings[$0] != nil }) { return true }
    return zones.values.contains { !$0.isBuiltIn && $0.forward != nil } ? true : nil
  }
}

/// The words of one `direct.xml`.
struct FWDDirectFile {
  struct Rule {
    let family: String
    let table: String
    let chain: String
    let priority: Int
    let arguments: String
    let position: SourcePosition
  }

  struct Passthrough {
    let family: String
    let arguments: String
    let position: SourcePosition
  }

  struct Chain {
    let family: String
    let table: String
    let name: String
    let position: SourcePosition
  }

  var rules: [Rule] = []
  var chains: [Chain] = []
  var passthroughs: [Passthrough] = []
  /// Places of rules that are not readable.
  var unreadable: [SourcePosition] = []
}
