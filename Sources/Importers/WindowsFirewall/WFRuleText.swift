import ImportKit

/// Reads the fields that rules have in the registry and, under the same names, in reports of group
/// policy: `v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|…|`.
///
/// Source: [MS-GPFAS] 2.2.2.19, "Firewall Rule and the Firewall Rule Grammar Rule"; what the fields
/// mean: [MS-FASP] 2.2.37, FW_RULE.
enum WFRuleText {
  /// - Parameter id: the name of the registry value.
  static func rule(
    _ text: String, id: String?, position: SourcePosition, doubts: Doubts
  ) -> WFRule {
    var parts = text.split(separator: "|").map(String.init)
    var rule = WFRule(position: position)
    rule.id = id
    guard text.contains("|") else {
      // Nothing of a rule is there: what stood in its place may be any.
      rule.conditions.append(
        doubts.doubt(.unmodelled, "a value among the rules is no rule", at: position))
      return rule
    }
    let version = parts.isEmpty ? "" : parts.removeFirst()
    // "RULE = "v" VERSION "|" 1*FIELD": without it Windows does not load the value.
    if !version.hasPrefix("v") || Double(version.dropFirst()) == nil {
      rule.never = "the value does not start with a version, so Windows does not load it"
    }
    var hasActive = false
    for part in parts {
      guard let equals = part.firstIndex(of: "=") else {
        rule.conditions.append(
          doubts.doubt(.unmodelled, "a field without value in \(rule.words)", at: position))
        continue
      }
      let name = String(part[..<equals])
      if name.lowercased() == "active" { hasActive = true }
      set(&rule, name, String(part[part.index(after: equals)...]), doubts)
    }
    // The flag "active" of a rule is set by this field only.
    if !hasActive { rule.enabled = false }
    return rule
  }

  /// Fields that say nothing about which packets a rule is for.
  private static let silent = IrrelevantMembers([
    ("names or files the rule", ["name", "desc", "embedctxt", "version", "type"]),
    ("says how incoming traffic reaches a program", ["edge", "defer", "lsm", "lom", "pcross"]),
    ("says which of several objects the setting comes from", ["gpo", "precedence"]),
  ])

  static func set(
    _ rule: inout WFRule, _ field: String, _ value: String, _ doubts: Doubts
  ) {
    let position = rule.position
    func doubt(_ kind: Condition.Kind, _ text: String) {
      rule.conditions.append(doubts.doubt(kind, text, at: position))
    }
    switch field.lowercased() {
    case "name":
      rule.name = value
    case "action":
      switch value.lowercased() {
      case "allow": rule.action = rule.action == .bypass ? .bypass : .allow
      case "block": rule.action = .block
      case "bypass": rule.action = .bypass
      // The rule may allow as well as deny.
      default: rule.action = nil
      }
    case "active":
      switch value.lowercased() {
      case "true": rule.enabled = true
      case "false": rule.enabled = false
      default:
        rule.enabled = true
        doubt(.notInForce, "whether a rule is active: `Active` is `\(value)`")
      }
    case "dir":
      switch value.lowercased() {
      case "out": rule.isOutbound = true
      case "in": rule.isOutbound = false
      default: doubt(.unmodelled, "the direction `\(value)` of a rule is not known")
      }
    case "profile":
      // Every profile that the rule is for has a field of its own; without any it is for all.
      guard let found = WFProfile.set(text: value) else {
        doubt(.unresolved, "profile `\(value)` is not known")
        return
      }
      rule.profiles =
        rule.profiles.count == WFProfile.allCases.count ? found : rule.profiles.union(found)
    case "protocol": rule.protocol = value
    case "rport", "rport2_10", "rport2_20": rule.remotePorts.append(value)
    case "lport", "lport2_10", "lport2_20", "lport2_24": rule.localPorts.append(value)
    case "ra4": rule.remoteAddresses.append(WFAddressText(value, .ipv4))
    case "ra6": rule.remoteAddresses.append(WFAddressText(value, .ipv6))
    case "ra42": rule.remoteAddresses.append(WFAddressText(value, .ipv4))
    case "ra62": rule.remoteAddresses.append(WFAddressText(value, .ipv6))
    case "la4": rule.localAddresses.append(WFAddressText(value, .ipv4))
    case "la6": rule.localAddresses.append(WFAddressText(value, .ipv6))
    case "app": rule.program = value
    case "svc": rule.service = value
    case "apppkgid", "pfn": rule.package = value
    case "if", "iftype": rule.interfaces.append(value)
    case "luauth", "luauth2_24":
      doubt(.user, "only for certain users (`\(field)`)")
    case "luown":
      rule.setOwner(value, doubts)
    case "nnm":
      // [MS-FASP] 2.2.37, FW_RULE, OnNetworkNames.
      doubt(.interfaceBinding, "only on networks of the name `\(value)`")
    case "ruauth", "rmauth":
      doubt(.unmodelled, "only to certain computers or users, told by IPsec (`\(field)`)")
    case "security", "security2", "security2_9":
      if value.lowercased() == "notrequired" { return }
      doubt(.unmodelled, "only connections that IPsec secures (`\(field)=\(value)`)")
    case "authbypassout":
      if value.lowercased() == "true" { rule.action = .bypass }
    case "icmp4", "icmp6":
      rule.never = rule.never ?? "looks at ICMP"
    case "platform": platform(&rule, value, doubts)
    case "platform2":
      // The version and later ones.
      if value.uppercased() == "GTEQ" { rule.conditions.removeAll { $0.detail == platformDetail } }
    default:
      if silent.contains(field.lowercased()) || value.isEmpty { return }
      doubt(.unmodelled, "field `\(field)` of the rule")
    }
  }

  private static let platformDetail = "only for one version of Windows"

  /// `2:6:2`, the product family with major and minor version. Every Windows in support is 10.0.
  private static func platform(_ rule: inout WFRule, _ value: String, _ doubts: Doubts) {
    let numbers = value.split(separator: ":").compactMap { Int($0) }
    guard numbers.count == 3, numbers[1] >= 10 else {
      rule.conditions.append(doubts.doubt(.unmodelled, platformDetail, at: rule.position))
      return
    }
  }
}

extension WFRule {
  /// Takes up the owner of a rule: "all the traffic that this rule matches must be destined to or
  /// originated from this user" (learn.microsoft.com, INetFwRule3::put_LocalUserOwner). Defender runs
  /// as LocalSystem.
  mutating func setOwner(_ text: String, _ doubts: Doubts) {
    if text.isEmpty || text == "S-1-5-18" { return }
    if text.hasPrefix("S-1-") {
      never = never ?? "for the traffic of one user, and Defender runs as LocalSystem"
    } else {
      conditions.append(
        doubts.doubt(.user, "only for the traffic of the user that owns it", at: position))
    }
  }
}
