import ImportKit

/// Reads what the cmdlets of the module NetSecurity give as JSON: the object that our script
/// `Export-WindowsFirewall.ps1` writes, and arrays, single objects and lines of rules as other scripts
/// write them, with filters beside or inside the rules.
///
/// Values are numbers or words, depending on how they were converted. Source of the numbers:
/// learn.microsoft.com, MSFT_NetFirewallRule, MSFT_NetFirewallProfile.
struct WFCmdletReader {
  private(set) var configuration = WFConfiguration()
  private(set) var computer: String?
  private(set) var takenAt: String?
  private var file = 0
  /// Rules with the file that each stands in.
  private var rules: [(value: JSONValue, file: Int)] = []
  /// Filter objects by the rule's instance id, as exported on their own.
  private var filters: [String: [JSONValue]] = [:]

  /// Whether a value is a rule.
  static func isRule(_ value: JSONValue) -> Bool {
    value.member(ignoringCase: "Direction") != nil && value.member(ignoringCase: "Action") != nil
      && value.member(ignoringCase: "Enabled") != nil
      && ["DisplayName", "Name", "InstanceID", "RuleName"].contains {
        value.member(ignoringCase: $0) != nil
      }
      // The old Graph form of Intune has its own words.
      && value.member(ignoringCase: "trafficDirection") == nil
  }

  private static func isProfile(_ value: JSONValue) -> Bool {
    value.member(ignoringCase: "DefaultOutboundAction") != nil
      && value.member(ignoringCase: "Direction") == nil
  }

  private static func isKeyword(_ value: JSONValue) -> Bool {
    value.member(ignoringCase: "Keyword") != nil && value.member(ignoringCase: "Id") != nil
      && value.member(ignoringCase: "Action") == nil
  }

  private static func isFilter(_ value: JSONValue) -> Bool {
    value.member(ignoringCase: "InstanceID") != nil
      && [
        "RemotePort", "RemoteAddress", "Program", "Service", "InterfaceType", "InterfaceAlias",
        "Authentication",
      ].contains { value.member(ignoringCase: $0) != nil }
  }

  /// Whether something in a document is a rule, profile or keyword of the cmdlets.
  static func recognises(_ tops: [JSONValue]) -> Bool {
    var budget = 64
    func look(_ value: JSONValue, depth: Int) -> Bool {
      guard budget > 0, depth < 4 else { return false }
      budget -= 1
      let isProfile = isProfile(value) && value.member(ignoringCase: "Enabled") != nil
      if isRule(value) || isProfile || isFilter(value) { return true }
      if value.isArray { return value.elements.prefix(4).contains { look($0, depth: depth + 1) } }
      let keys = ["value", "rules", "profiles", "NetFirewallRule", "FirewallRules"]
      return keys.contains { key in
        value.member(ignoringCase: key).map { look($0, depth: depth + 1) } ?? false
      }
    }
    return tops.prefix(4).contains { look($0, depth: 0) }
  }

  /// Takes up a file; rules and their filters may stand in different ones.
  mutating func collect(_ tops: [JSONValue], file number: Int) {
    file = number
    for top in tops { collect(top, depth: 0) }
  }

  /// Joins rules and filters.
  mutating func finish() {
    configuration.store = .local
    if saysActive { configuration.store = .active }
    for (value, number) in rules {
      file = number
      configuration.add(rule(value))
    }
  }

  private var saysActive = false

  private mutating func collect(_ value: JSONValue, depth: Int) {
    guard depth < 8 else { return }
    if value.isArray {
      for element in value.elements { collect(element, depth: depth + 1) }
      return
    }
    guard value.isObject else { return }
    if Self.isRule(value) {
      rules.append((value, file))
    } else if Self.isProfile(value) {
      addProfile(value)
    } else if Self.isKeyword(value) {
      addKeyword(value)
    } else if Self.isFilter(value) {
      if let id = text(value, "InstanceID") { filters[id, default: []].append(value) }
    } else {
      if let name = value["computer"]?.string { computer = name }
      if let time = value["takenAt"]?.string { takenAt = time }
      if value["store"]?.string == "ActiveStore" { saysActive = true }
      for (_, member) in value.members { collect(member, depth: depth + 1) }
    }
  }

  private func position(_ value: JSONValue) -> SourcePosition {
    SourcePosition(file: file, line: value.line, pointer: value.pointer)
  }

  // MARK: Reading values

  /// A text of a member; words that stand in a wrapper (`{"Value": 2, "DisplayName": …}`) included.
  private func text(_ value: JSONValue, _ name: String) -> String? {
    guard let member = value.member(ignoringCase: name) else { return nil }
    return member.scalarText ?? member.member(ignoringCase: "Value")?.scalarText
      ?? member.member(ignoringCase: "value")?.scalarText
  }

  /// The texts of a member that is a text, a comma list or an array; nil where there is none.
  private func list(_ value: JSONValue, _ name: String) -> [String]? {
    guard var member = value.member(ignoringCase: name), !member.isNull else { return nil }
    if member.isObject, let inner = member.member(ignoringCase: "value") { member = inner }
    let texts =
      member.isArray ? member.elements.compactMap(\.scalarText) : [member.scalarText ?? ""]
    let parts = texts.flatMap { $0.split(separator: ",") }.map { part in
      String(part.drop { $0 == " " })
    }
    return parts.contains { ["any", "*"].contains($0.lowercased()) } ? [] : parts
  }

  private func flag(_ text: String?, on: Set<String>, off: Set<String>) -> Bool? {
    guard let text = text?.lowercased() else { return nil }
    return on.contains(text) ? true : (off.contains(text) ? false : nil)
  }

  // MARK: Profiles and keywords

  private mutating func addProfile(_ value: JSONValue) {
    guard
      let names = text(value, "Name").flatMap({ WFProfile.set(text: $0) })
        ?? text(value, "Profile").flatMap({ WFProfile.set(text: $0) })
    else { return }
    // Of a profile 0 is off, 1 on, 2 not configured; 2 lets pass and 4 blocks.
    let settings = WFProfileSettings(
      enabled: flag(text(value, "Enabled"), on: ["1", "true"], off: ["0", "false"]),
      blocksOutbound: flag(
        text(value, "DefaultOutboundAction"), on: ["4", "block"], off: ["2", "allow"]),
      mergesLocalRules: flag(
        text(value, "AllowLocalFirewallRules"), on: ["1", "true"], off: ["0", "false"]),
      position: position(value))
    for name in names { configuration.set(name, settings) }
  }

  private mutating func addKeyword(_ value: JSONValue) {
    guard let id = text(value, "Id") else { return }
    let key = id.lowercased().filter { $0 != "{" && $0 != "}" }
    var keyword = WFKeyword(id: key, position: position(value))
    keyword.keyword = text(value, "Keyword") ?? ""
    keyword.autoResolves = flag(text(value, "AutoResolve"), on: ["true", "1"], off: []) ?? false
    keyword.addresses = list(value, "Addresses") ?? list(value, "Address") ?? []
    configuration.keywords[key] = keyword
  }

  // MARK: Rules

  private mutating func rule(_ value: JSONValue) -> WFRule {
    var rule = WFRule(position: position(value))
    rule.id = text(value, "InstanceID") ?? text(value, "Name")
    rule.name = text(value, "DisplayName") ?? text(value, "RuleName") ?? text(value, "Name") ?? ""
    rule.enabled =
      flag(text(value, "Enabled"), on: ["1", "true"], off: ["2", "0", "false"]) ?? true
    rule.isOutbound = flag(
      text(value, "Direction"), on: ["2", "outbound", "out"], off: ["1", "inbound", "in"])
    switch text(value, "Action")?.lowercased() {
    case "2", "allow": rule.action = .allow
    case "4", "block": rule.action = .block
    case "3", "allowbypass", "bypass": rule.action = .bypass
    default: rule.action = nil
    }
    if let profile = text(value, "Profile") ?? text(value, "Profiles") {
      if let found = WFProfile.set(text: profile) {
        rule.profiles = found
      } else {
        rule.conditions.append(Condition(.unresolved, "profile `\(profile)` is not known"))
      }
    }
    let type = text(value, "PolicyStoreSourceType")?.lowercased()
    if let type, !["1", "local"].contains(type) { configuration.store = .active }
    // The rule itself, filters inside it, and filters exported on their own.
    var parts = [value]
    parts += value.members.map(\.value).filter { $0.isObject && !$0.isNull }
    for key in ["InstanceID", "Name"] {
      if let id = text(value, key), let found = filters[id] { parts += found }
    }
    fill(&rule, parts)
    return rule
  }

  private func first(_ parts: [JSONValue], _ name: String) -> [String]? {
    for part in parts {
      if let found = list(part, name) { return found }
    }
    return nil
  }

  /// Missing filters are named: without them a rule would be taken to be for everything.
  private func fill(_ rule: inout WFRule, _ parts: [JSONValue]) {
    func missing(_ what: String) {
      rule.conditions.append(
        Condition(.unresolved, "the \(what) filter of the rule is not in the export"))
    }
    let number = first(parts, "Protocol")
    let remote = first(parts, "RemotePort") ?? first(parts, "RemotePorts")
    if number == nil, remote == nil { missing("port") }
    rule.protocol = number?.first
    rule.remotePorts = remote ?? []
    rule.localPorts = first(parts, "LocalPort") ?? first(parts, "LocalPorts") ?? []
    let keywords = first(parts, "RemoteDynamicKeywordAddresses") ?? []
    let addresses = first(parts, "RemoteAddress") ?? first(parts, "RemoteAddresses")
    if addresses == nil, keywords.isEmpty { missing("address") }
    rule.keywords = keywords
    // With keywords a list that says any only says that no address is given besides.
    rule.remoteAddresses = (addresses ?? []).map { WFAddressText($0) }
    rule.localAddresses = (first(parts, "LocalAddress") ?? []).map { WFAddressText($0) }
    let program = first(parts, "Program") ?? first(parts, "Application") ?? first(parts, "AppPath")
    let service = first(parts, "Service")
    if program == nil, service == nil { missing("application") }
    rule.program = program?.joined(separator: ",")
    rule.service = service?.first
    rule.package = first(parts, "Package")?.first
    rule.interfaces =
      (first(parts, "InterfaceAlias") ?? [])
      + (first(parts, "InterfaceType") ?? []).filter { $0 != "0" }
    if let users = first(parts, "LocalUser"), !users.isEmpty {
      rule.conditions.append(Condition(.user, "only for certain users (LocalUser)"))
    }
    for name in ["RemoteUser", "RemoteMachine"] {
      if let found = first(parts, name), !found.isEmpty {
        rule.conditions.append(
          Condition(.unmodelled, "only to certain computers or users, told by IPsec (`\(name)`)"))
      }
    }
    if let secured = first(parts, "Authentication")?.first,
      !["0", "notrequired", ""].contains(secured.lowercased())
    {
      rule.conditions.append(Condition(.unmodelled, "only connections that IPsec secures"))
    }
    if let override = first(parts, "OverrideBlockRules")?.first,
      ["true", "1"].contains(override.lowercased()),
      rule.action == .allow
    {
      rule.action = .bypass
    }
    if let policy = first(parts, "PolicyAppId")?.first, !policy.isEmpty {
      rule.conditions.append(
        Condition(.application, "only programs that App Control tags as `\(policy)`"))
    }
  }
}
