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
    // Filters without their rules: the rules were saved in a file that is not here.
    if let id = filters.keys.filter({ !joined.contains($0) }).min(),
      let filter = filters[id]?.first
    {
      configuration.notInForce = doubts.doubt(
        .missingPart, "rules whose filters are given are not in the export, such as `\(id)`",
        at: position(filter))
    }
  }

  /// Ids of rules that found their filters.
  private var joined: Set<String> = []

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
      if let id = WFObject(value, file: file).text("InstanceID") {
        filters[id, default: []].append(value)
      }
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

  private var doubts: Doubts { configuration.doubts }

  private static func flag(_ text: String?, on: Set<String>, off: Set<String>) -> Bool? {
    guard let text = text?.lowercased() else { return nil }
    return on.contains(text) ? true : (off.contains(text) ? false : nil)
  }

  // MARK: Profiles and keywords

  /// Of a profile 0 is off, 1 on, 2 not configured; 2 lets pass and 4 blocks.
  private mutating func addProfile(_ value: JSONValue) {
    let object = WFObject(value, file: file)
    let name = object.text("Name") ?? object.text("Profile") ?? ""
    let names = WFProfile.set(text: name)
    let words = "profile `\(name)`"
    func doubt(_ text: String?, _ what: String) -> Condition? {
      guard let text, !["", "2", "notconfigured"].contains(text.lowercased()) else { return nil }
      return doubts.doubt(
        .notInForce, "whether \(what) in the \(words): `\(text)` is not understood",
        at: position(value))
    }
    let enabled = object.text("Enabled")
    let merges = object.text("AllowLocalFirewallRules")
    var settings = WFProfileSettings(
      enabled: Self.flag(enabled, on: ["1", "true"], off: ["0", "false"]),
      blocksOutbound: Self.flag(
        object.text("DefaultOutboundAction"), on: ["4", "block"], off: ["2", "allow"]),
      mergesLocalRules: Self.flag(merges, on: ["1", "true"], off: ["0", "false"]),
      position: position(value))
    if settings.enabled == nil { settings.enabledDoubt = doubt(enabled, "the firewall is on") }
    if settings.mergesLocalRules == nil {
      settings.mergeDoubt = doubt(merges, "rules made on the computer are merged")
    }
    if let unread = object.unread(of: words, doubts) {
      settings.enabled = nil
      settings.enabledDoubt = unread
    }
    if let names, !name.isEmpty {
      for name in names { configuration.set(name, settings) }
      return
    }
    // It may be any profile.
    let unknown = doubts.doubt(
      .unresolved, "which profile the settings of the \(words) are for", at: position(value))
    for profile in WFProfile.allCases {
      configuration.set(
        profile, WFProfileSettings(enabledDoubt: unknown, mergeDoubt: unknown))
    }
  }

  private mutating func addKeyword(_ value: JSONValue) {
    let object = WFObject(value, file: file)
    guard let id = object.text("Id") else { return }
    let key = id.lowercased().filter { $0 != "{" && $0 != "}" }
    var keyword = WFKeyword(id: key, position: position(value))
    keyword.keyword = object.text("Keyword") ?? ""
    let resolves = object.text("AutoResolve")
    keyword.autoResolves =
      Self.flag(resolves, on: ["true", "1"], off: ["false", "0"]) ?? false
    keyword.addresses = object.list("Addresses") ?? object.list("Address") ?? []
    if let resolves, Self.flag(resolves, on: ["true", "1"], off: ["false", "0"]) == nil {
      keyword.doubt = doubts.doubt(
        .unmodelled, "AutoResolve of the dynamic keyword address `\(keyword.keyword)`",
        at: keyword.position)
    }
    if let unread = object.unread(
      of: "dynamic keyword address `\(keyword.keyword)`", doubts)
    {
      keyword.doubt = unread
    }
    configuration.keywords[key] = keyword
  }

  // MARK: Rules

  private mutating func rule(_ value: JSONValue) -> WFRule {
    let object = WFObject(value, file: file)
    var rule = WFRule(position: position(value))
    rule.id = object.text("InstanceID") ?? object.text("Name")
    rule.name =
      object.text("DisplayName") ?? object.text("RuleName") ?? object.text("Name") ?? ""
    func doubt(_ kind: Condition.Kind, _ text: String) {
      rule.conditions.append(doubts.doubt(kind, text, at: rule.position))
    }
    let enabled = object.text("Enabled")
    let isEnabled = Self.flag(enabled, on: ["1", "true"], off: ["2", "0", "false"])
    rule.enabled = isEnabled ?? true
    if isEnabled == nil {
      doubt(.notInForce, "whether \(rule.words) is on: `\(enabled ?? "")`")
    }
    let direction = object.text("Direction")
    rule.isOutbound = Self.flag(
      direction, on: ["2", "outbound", "out"], off: ["1", "inbound", "in"])
    if rule.isOutbound == nil {
      doubt(.unresolved, "the direction of \(rule.words) is not known: `\(direction ?? "")`")
    }
    switch object.text("Action")?.lowercased() {
    case "2", "allow": rule.action = .allow
    case "4", "block": rule.action = .block
    case "3", "allowbypass", "bypass": rule.action = .bypass
    default: rule.action = nil
    }
    if let profile = object.text("Profile") ?? object.text("Profiles") {
      if let found = WFProfile.set(text: profile) {
        rule.profiles = found
      } else {
        doubt(.unresolved, "profile `\(profile)` is not known")
      }
    }
    takeSource(&rule, object)
    takeEnforcement(&rule, object)
    rule.setOwner(object.text("Owner") ?? "", doubts)
    // The rule itself, filters inside it, and filters exported on their own.
    var parts = [object]
    parts += object.inner().map { WFObject($0, file: file) }
    for key in ["InstanceID", "Name"] {
      if let id = object.text(key), let found = filters[id] {
        parts += found.map { WFObject($0, file: file) }
        joined.insert(id)
      }
    }
    fill(&rule, parts)
    for part in parts {
      if let unread = part.unread(of: rule.words, doubts) { rule.conditions.append(unread) }
    }
    return rule
  }

  /// Where a rule comes from: 1 is local, 2 group policy, 3 dynamic, 4 generated, 5 hardcoded
  /// (MSFT_NetFirewallRule, PolicyStoreSourceType).
  private mutating func takeSource(_ rule: inout WFRule, _ object: WFObject) {
    guard let type = object.text("PolicyStoreSourceType")?.lowercased(), !type.isEmpty else {
      return
    }
    switch type {
    case "1", "local": rule.isLocal = true
    case "2", "grouppolicy", "3", "dynamic", "4", "generated", "5", "hardcoded", "mdm":
      rule.isLocal = false
      configuration.store = .active
    default: break
    }
  }

  /// Whether the rule is enforced, as the active store tells ([MS-FASP] 2.2.27,
  /// FW_ENFORCEMENT_STATE).
  private func takeEnforcement(_ rule: inout WFRule, _ object: WFObject) {
    for status in object.list("EnforcementStatus") ?? [] {
      switch status.lowercased().filter({ $0 != "_" && $0 != " " }) {
      // In full; or only not now, or not on the network that the computer is on.
      case "", "1", "full", "enforced", "2", "wfoffinprofile", "firewalloffinprofile", "4",
        "disabledobject", "5", "inactiveprofile", "profileinactive", "19", "optimizedout",
        "notapplicable":
        continue
      case "3", "categoryoff", "16", "localfirewallrulesdisallowed", "18", "mismatchedplatform":
        rule.never = rule.never ?? "Windows does not enforce the rule (\(status))"
      default:
        rule.conditions.append(
          doubts.doubt(
            .notInForce, "the enforcement status of \(rule.words) is `\(status)`",
            at: rule.position))
      }
    }
  }

  private func first(_ parts: [WFObject], _ name: String) -> [String]? {
    var result: [String]?
    // All are read, so that none is left over.
    for part in parts {
      let found = part.list(name)
      result = result ?? found
    }
    return result
  }

  /// Missing filters are named: without them a rule would be taken to be for everything.
  private func fill(_ rule: inout WFRule, _ parts: [WFObject]) {
    func doubt(_ kind: Condition.Kind, _ text: String) {
      rule.conditions.append(doubts.doubt(kind, text, at: rule.position))
    }
    func missing(_ what: String) {
      doubt(.unresolved, "the \(what) filter of the rule is not in the export")
    }
    func either(_ names: String...) -> [String]? {
      var result: [String]?
      for name in names {
        let found = first(parts, name)
        result = result ?? found
      }
      return result
    }
    let number = first(parts, "Protocol")
    let remote = either("RemotePort", "RemotePorts")
    if number == nil, remote == nil { missing("port") }
    rule.protocol = number?.first
    rule.remotePorts = remote ?? []
    rule.localPorts = either("LocalPort", "LocalPorts") ?? []
    let keywords = first(parts, "RemoteDynamicKeywordAddresses") ?? []
    let addresses = either("RemoteAddress", "RemoteAddresses")
    if addresses == nil, keywords.isEmpty { missing("address") }
    rule.keywords = keywords
    // With keywords a list that says any only says that no address is given besides.
    rule.remoteAddresses = (addresses ?? []).map { WFAddressText($0) }
    rule.localAddresses = (either("LocalAddress", "LocalAddresses") ?? []).map { WFAddressText($0) }
    let program = either("Program", "Application", "AppPath")
    let service = first(parts, "Service")
    if program == nil, service == nil { missing("application") }
    rule.program = program?.joined(separator: ",")
    rule.service = service?.first
    rule.package = first(parts, "Package")?.first
    rule.interfaces =
      (first(parts, "InterfaceAlias") ?? [])
      + (first(parts, "InterfaceType") ?? []).filter { $0 != "0" }
    if let users = first(parts, "LocalUser"), !users.isEmpty {
      doubt(.user, "only for certain users (LocalUser)")
    }
    for name in ["RemoteUser", "RemoteMachine"] {
      if let found = first(parts, name), !found.isEmpty {
        doubt(.unmodelled, "only to certain computers or users, told by IPsec (`\(name)`)")
      }
    }
    if let secured = first(parts, "Authentication")?.first,
      !["0", "notrequired", ""].contains(secured.lowercased())
    {
      doubt(.unmodelled, "only connections that IPsec secures")
    }
    if let override = first(parts, "OverrideBlockRules")?.first {
      switch override.lowercased() {
      case "true", "1": if rule.action == .allow { rule.action = .bypass }
      case "false", "0", "": break
      default: doubt(.unmodelled, "whether \(rule.words) overrides block rules: `\(override)`")
      }
    }
    if let platforms = either("Platform", "Platforms"), !platforms.isEmpty,
      !platforms.contains(where: { $0.hasPrefix("10.") || $0.hasPrefix("6.") && $0.hasSuffix("+") })
    {
      doubt(.unmodelled, "only for one version of Windows")
    }
    for name in ["DynamicTarget", "DynamicTransport"] {
      if let found = first(parts, name)?.first, !["0", ""].contains(found) {
        doubt(.unmodelled, "only for traffic of the kind `\(found)` (`\(name)`)")
      }
    }
    if let policy = first(parts, "PolicyAppId")?.first, !policy.isEmpty {
      doubt(.application, "only programs that App Control tags as `\(policy)`")
    }
  }
}
