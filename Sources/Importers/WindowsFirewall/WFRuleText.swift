import ImportKit

/// Reads the fields that rules have in the registry and, under the same names, in reports of group
/// policy: `v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|…|`.
///
/// Source: [MS-GPFAS] 2.2.2.19, "Firewall Rule and the Firewall Rule Grammar Rule"; what the fields
/// mean: [MS-FASP] 2.2.37, FW_RULE.
enum WFRuleText {
  /// - Parameter id: the name of the registry value.
  static func rule(_ text: String, id: String?, position: SourcePosition) -> WFRule {
    var parts = text.split(separator: "|").map(String.init)
    var rule = WFRule(position: position)
    rule.id = id
    let version = parts.isEmpty ? "" : parts.removeFirst()
    // "RULE = "v" VERSION "|" 1*FIELD": without it Windows does not load the value.
    if !version.hasPrefix("v") || Double(version.dropFirst()) == nil {
      rule.never = "the value does not start with a version, so Windows does not load it"
    }
    var hasActive = false
    for part in parts {
      guard let equals = part.firstIndex(of: "=") else { continue }
      let name = String(part[..<equals])
      if name.lowercased() == "active" { hasActive = true }
      set(&rule, name, String(part[part.index(after: equals)...]))
    }
    // The flag "active" of a rule is set by this field only.
    if !hasActive { rule.enabled = false }
    return rule
  }

  /// Fields that say nothing about which packets a rule is for.
  private static let silent: Set<String> = [
    "name", "desc", "embedctxt", "edge", "defer", "lsm", "pcross", "nnm", "lom", "type", "version",
    "gpo", "precedence", "luown",
  ]

  static func set(_ rule: inout WFRule, _ field: String, _ value: String) {
    switch field.lowercased() {
    case "name":
      rule.name = value
    case "action":
      switch value.lowercased() {
      case "allow": rule.action = rule.action == .bypass ? .bypass : .allow
      case "block": rule.action = .block
      case "bypass": rule.action = .bypass
      default: break
      }
    case "active": rule.enabled = value.lowercased() == "true"
    case "dir": rule.isOutbound = value.lowercased() == "out"
    case "profile":
      // Every profile that the rule is for has a field of its own; without any it is for all.
      guard let found = WFProfile.set(text: value) else {
        rule.conditions.append(Condition(.unresolved, "profile `\(value)` is not known"))
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
      rule.conditions.append(Condition(.user, "only for certain users (`\(field)`)"))
    case "ruauth", "rmauth":
      rule.conditions.append(
        Condition(.unmodelled, "only to certain computers or users, told by IPsec (`\(field)`)"))
    case "security", "security2", "security2_9":
      rule.conditions.append(
        Condition(.unmodelled, "only connections that IPsec secures (`\(field)=\(value)`)"))
    case "authbypassout":
      if value.lowercased() == "true" { rule.action = .bypass }
    case "icmp4", "icmp6":
      rule.never = rule.never ?? "looks at ICMP"
    case "platform": platform(&rule, value)
    case "platform2":
      // The version and later ones.
      if value.uppercased() == "GTEQ" { rule.conditions.removeAll { $0.detail == platformDetail } }
    default:
      if silent.contains(field.lowercased()) { return }
      rule.conditions.append(Condition(.unmodelled, "field `\(field)` of the rule"))
    }
  }

  private static let platformDetail = "only for one version of Windows"

  /// `2:6:2`, the product family with major and minor version. Every Windows in support is 10.0.
  private static func platform(_ rule: inout WFRule, _ value: String) {
    let numbers = value.split(separator: ":").compactMap { Int($0) }
    guard numbers.count == 3, numbers[1] >= 10 else {
      rule.conditions.append(Condition(.unmodelled, platformDetail))
      return
    }
  }
}
