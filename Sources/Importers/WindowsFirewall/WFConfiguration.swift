import ImportKit

/// The profiles, of which the network that a computer is on selects one.
enum WFProfile: String, CaseIterable, Hashable {
  case domain = "Domain"
  case `private` = "Private"
  case `public` = "Public"

  /// The bit in the masks of the rule cmdlets and of Intune.
  private var bit: Int {
    switch self {
    case .domain: 1
    case .private: 2
    case .public: 4
    }
  }

  /// Profiles of a mask; 0 stands for all, and so does the value with every bit set.
  static func set(mask: Int) -> Set<WFProfile> {
    mask == 0 ? Set(allCases) : Set(allCases.filter { mask & $0.bit != 0 })
  }

  /// `Domain`, `Domain, Private`, `Any`, `All`, or a mask; nil for anything else.
  static func set(text: String) -> Set<WFProfile>? {
    if let mask = Int(text) { return set(mask: mask) }
    var result: Set<WFProfile> = []
    for part in text.split(whereSeparator: { $0 == "," || $0 == ";" || $0 == " " }) {
      switch part.lowercased() {
      case "any", "all", "notapplicable", "notconfigured": return Set(allCases)
      case "domain": result.insert(.domain)
      case "private": result.insert(.private)
      case "public": result.insert(.public)
      default: return nil
      }
    }
    return result.isEmpty ? Set(allCases) : result
  }
}

/// One rule, in the words of the exports; lists are empty where every value is meant.
struct WFRule {
  enum Action {
    case allow
    case block
    /// An allow rule that overrides block rules, for connections that IPsec secures.
    case bypass
  }

  /// What tells the rule from others: its instance id or the name of its registry value.
  var id: String?
  var name = ""
  var enabled = true
  /// Nil where the export does not say.
  var isOutbound: Bool?
  var action: Action?
  var profiles = Set(WFProfile.allCases)
  var `protocol`: String?
  var remotePorts: [String] = []
  var localPorts: [String] = []
  var remoteAddresses: [WFAddressText] = []
  var localAddresses: [WFAddressText] = []
  var program: String?
  var service: String?
  /// An app package: its family name or its security identifier.
  var package: String?
  /// Identifiers of dynamic keyword addresses.
  var keywords: [String] = []
  var interfaces: [String] = []
  /// What else must hold and is not in the export.
  var conditions: [Condition] = []
  /// Set where Windows does not load or enforce the rule.
  var never: String?
  /// Whether the rule was made on the computer itself; nil where the export does not say.
  var isLocal: Bool?
  var position: SourcePosition

  /// For sentences about the rule.
  var words: String { "rule `\(name.isEmpty ? id ?? "" : name)`" }
}

/// One entry of an address list, with the family that its field is for.
struct WFAddressText: Hashable {
  enum Scope {
    case both
    case ipv4
    case ipv6
  }

  let text: String
  let scope: Scope

  init(_ text: String, _ scope: Scope = .both) {
    self.text = text
    self.scope = scope
  }
}

/// The settings of one profile; nil where the export does not configure them.
struct WFProfileSettings {
  var enabled: Bool?
  var blocksOutbound: Bool?
  var mergesLocalRules: Bool?
  /// Set where the export says something that is not understood in place of the setting.
  var enabledDoubt: Condition?
  var mergeDoubt: Condition?
  var position: SourcePosition?

  /// Whether two files say different things.
  func conflicts(with other: WFProfileSettings) -> Bool {
    func differ(_ one: Bool?, _ two: Bool?) -> Bool { one != nil && two != nil && one != two }
    return differ(enabled, other.enabled) || differ(blocksOutbound, other.blocksOutbound)
      || differ(mergesLocalRules, other.mergesLocalRules)
  }

  /// Fills what is missing from another source.
  mutating func fill(from other: WFProfileSettings) {
    enabled = enabled ?? other.enabled
    blocksOutbound = blocksOutbound ?? other.blocksOutbound
    mergesLocalRules = mergesLocalRules ?? other.mergesLocalRules
    if enabled == nil { enabledDoubt = enabledDoubt ?? other.enabledDoubt }
    mergeDoubt = mergeDoubt ?? other.mergeDoubt
    position = position ?? other.position
  }
}

/// A dynamic keyword address: names that are resolved for the firewall, or a list of addresses.
struct WFKeyword {
  let id: String
  var keyword = ""
  var autoResolves = false
  var addresses: [String] = []
  /// Set where a part of it is not understood.
  var doubt: Condition?
  var position: SourcePosition
}

/// What the files of one computer or policy say.
struct WFConfiguration {
  /// Group policy object or Intune policy, where several are in one file.
  var owner: String?
  var rules: [WFRule] = []
  var profiles: [WFProfile: WFProfileSettings] = [:]
  /// What the computer itself sets; counts where no policy says otherwise.
  var localProfiles: [WFProfile: WFProfileSettings] = [:]
  /// Set where it is not certain, or not so, that the whole is in force.
  var notInForce: Condition?
  var keywords: [String: WFKeyword] = [:]
  /// Shared by all that is read into one configuration.
  let doubts = Doubts()
  /// What of a computer's rules the export is.
  enum Store {
    /// Everything that is in force, all sources merged.
    case active
    /// The computer's own rules only.
    case local
    /// What a policy from elsewhere brings.
    case pushed
  }

  var store = Store.pushed
  var inboundCount = 0

  mutating func add(_ rule: WFRule) {
    if rule.isOutbound == false { inboundCount += 1 } else { rules.append(rule) }
  }

  mutating func set(_ profile: WFProfile, _ settings: WFProfileSettings) {
    guard var known = profiles[profile] else {
      profiles[profile] = settings
      return
    }
    if known.conflicts(with: settings) {
      doubts.note(
        .reading,
        "the profile \(profile.rawValue) is set twice in different ways; the first counts",
        at: settings.position)
    }
    known.fill(from: settings)
    profiles[profile] = known
  }

  /// The settings of a profile: those of policies, and where these say nothing the computer's own.
  /// Source: learn.microsoft.com, Get-NetFirewallProfile: "group policy takes precedence over local
  /// settings"; [MS-GPFAS] 2.2.2, AllowLocalPolicyMerge.
  func settings(of profile: WFProfile) -> WFProfileSettings {
    var result = profiles[profile] ?? WFProfileSettings()
    if var own = localProfiles[profile] {
      // A computer does not forbid its own rules.
      own.mergesLocalRules = nil
      own.mergeDoubt = nil
      result.fill(from: own)
    }
    return result
  }

  mutating func merge(_ other: WFConfiguration) {
    rules += other.rules
    for (profile, settings) in other.profiles { set(profile, settings) }
    keywords.merge(other.keywords) { first, _ in first }
    for (profile, settings) in other.localProfiles {
      guard var known = localProfiles[profile] else {
        localProfiles[profile] = settings
        continue
      }
      known.fill(from: settings)
      localProfiles[profile] = known
    }
    notInForce = notInForce ?? other.notInForce
    doubts.add(other.doubts.notes)
    if other.store == .active || store == .pushed { store = other.store }
    inboundCount += other.inboundCount
  }
}
