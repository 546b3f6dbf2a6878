import ImportKit

/// Reads firewall policies of Intune as Microsoft Graph gives them: settings-catalog and endpoint
/// security policies with their settings, reusable settings, and the older device configuration with
/// `firewallRules`.
///
/// A setting of the catalog is named after its node in the Firewall CSP (learn.microsoft.com,
/// "Firewall CSP"): `vendor_msft_firewall_mdmstore_domainprofile_defaultoutboundaction`, and a choice is
/// that name with the value behind it. 1 as default outbound action blocks, 0 lets pass; of a rule's
/// action 0 blocks and 1 lets pass.
struct WFIntuneReader {
  private let file: Int
  private(set) var configuration = WFConfiguration()
  private(set) var policyName: String?
  private var settings: [WFProfile: WFProfileSettings] = [:]

  static let prefix = "vendor_msft_firewall_mdmstore_"
  private static let rulePrefix = prefix + "firewallrules_{firewallrulename}"
  private static let keywordPrefix = prefix + "dynamickeywords_addresses_{id}"

  init(file: Int) { self.file = file }

  /// What a document is to this reader.
  enum Kind {
    case no
    case firewall
    /// An Intune policy about something else.
    case otherPolicy(String)
  }

  static func kind(_ tops: [JSONValue]) -> Kind {
    var found = Kind.no
    for top in tops.prefix(4) {
      for policy in policies(top) {
        if policy.member(ignoringCase: "firewallRules") != nil
          || policy.member(ignoringCase: "firewallProfileDomain") != nil
        {
          return .firewall
        }
        guard isCatalog(policy) else { continue }
        if holdsFirewall(policy, depth: 0) { return .firewall }
        found = .otherPolicy(policy["platforms"]?.string ?? policy["name"]?.string ?? "")
      }
    }
    return found
  }

  /// A policy, a list of them, or a response of Graph with a `value`.
  private static func policies(_ value: JSONValue) -> [JSONValue] {
    if value.isArray { return value.elements.prefix(64).map { $0 } }
    if let list = value["value"], list.isArray, value["settings"] == nil {
      return list.elements.prefix(64).map { $0 }
    }
    return [value]
  }

  private static func isCatalog(_ value: JSONValue) -> Bool {
    let words = [value["@odata.type"]?.string, value["@odata.context"]?.string]
      .compactMap { $0?.lowercased() }
    if words.contains(where: {
      $0.contains("configurationpolic") || $0.contains("reusablepolicysetting")
    }) {
      return true
    }
    return value["settings"]?.elements.first { _ in true }?["settingInstance"] != nil
      || value["settingInstance"] != nil
  }

  private static func holdsFirewall(_ value: JSONValue, depth: Int) -> Bool {
    guard depth < 24 else { return false }
    if let id = value["settingDefinitionId"]?.string, id.lowercased().hasPrefix(prefix) {
      return true
    }
    if value.isArray { return value.elements.contains { holdsFirewall($0, depth: depth + 1) } }
    return value.members.contains {
      ($0.value.isObject || $0.value.isArray) && $0.key != "settingDefinitions"
        && holdsFirewall($0.value, depth: depth + 1)
    }
  }

  mutating func read(_ tops: [JSONValue]) {
    for top in tops {
      for policy in Self.policies(top) {
        if policy.member(ignoringCase: "firewallRules") != nil
          || policy.member(ignoringCase: "firewallProfileDomain") != nil
        {
          readOld(policy)
          continue
        }
        policyName = policyName ?? policy["name"]?.string ?? policy["displayName"]?.string
        walk(policy, owner: policy, depth: 0)
      }
    }
    for (profile, value) in settings { configuration.set(profile, value) }
  }

  private func position(_ value: JSONValue) -> SourcePosition {
    SourcePosition(file: file, line: value.line, pointer: value.pointer)
  }

  // MARK: Settings catalog

  private mutating func walk(_ value: JSONValue, owner: JSONValue, depth: Int) {
    guard depth < 64 else { return }
    if value.isArray {
      for element in value.elements { walk(element, owner: owner, depth: depth + 1) }
      return
    }
    guard value.isObject else { return }
    if let id = value["settingDefinitionId"]?.string?.lowercased() {
      if id.hasPrefix(Self.rulePrefix + "_") {
        // Its collection has a name that is not known.
        configuration.notInForce = configuration.doubts.doubt(
          .unmodelled, "settings of rules stand where no rule is", at: position(value))
      } else if !id.contains("vendor_msft") {
        unknownSetting(id, value)
      }
      if id == Self.rulePrefix || id == Self.keywordPrefix {
        for group in value["groupSettingCollectionValue"]?.elements.map({ $0 }) ?? [] {
          if id == Self.rulePrefix {
            configuration.add(rule(group))
          } else {
            addKeyword(group, owner: owner)
          }
        }
        return
      }
      profileSetting(id, value)
    }
    for (key, member) in value.members where key != "settingDefinitions" {
      if member.isObject || member.isArray { walk(member, owner: owner, depth: depth + 1) }
    }
  }

  /// A setting of which nobody knows what it is about.
  private mutating func unknownSetting(_ id: String, _ value: JSONValue) {
    let doubt = configuration.doubts.doubt(
      .unmodelled, "setting `\(id)` of the policy is not known", at: position(value))
    for profile in WFProfile.allCases {
      settings[profile, default: WFProfileSettings()].enabledDoubt = doubt
      settings[profile, default: WFProfileSettings()].mergeDoubt = doubt
    }
  }

  /// Settings of profiles that are about other things than what goes out.
  private static let irrelevant = IrrelevantMembers([
    (
      "is about traffic that comes in",
      [
        "defaultinboundaction", "shielded", "disableinboundnotifications", "disablestealthmode",
        "disablestealthmodeipsecsecuredpacketexemption",
        "disableunicastresponsestomulticastbroadcast",
        "authappsallowuserprefmerge", "globalportsallowuserprefmerge",
      ]
    ),
    (
      "is about connection security or logs",
      [
        "allowlocalipsecpolicymerge", "enablelogdroppedpackets", "enablelogignoredrules",
        "enablelogsuccessconnections", "logfilepath", "logmaxfilesize",
      ]
    ),
  ])

  private mutating func profileSetting(_ id: String, _ value: JSONValue) {
    let profiles: [(String, WFProfile)] = [
      ("domainprofile_", .domain), ("privateprofile_", .private), ("publicprofile_", .public),
    ]
    for (word, profile) in profiles where id.hasPrefix(Self.prefix + word) {
      let name = id.dropFirst(Self.prefix.count + word.count)
      guard let choice = Self.values(value).first else { return }
      var known = settings[profile] ?? WFProfileSettings()
      func doubt() -> Condition {
        configuration.doubts.doubt(
          .notInForce, "setting `\(name)` of the profile \(profile.rawValue) is `\(choice)`",
          at: position(value))
      }
      switch name {
      case "enablefirewall":
        known.enabled = Self.flag(choice)
        if known.enabled == nil { known.enabledDoubt = doubt() }
      case "defaultoutboundaction": known.blocksOutbound = Self.flag(choice)
      case "allowlocalpolicymerge":
        known.mergesLocalRules = Self.flag(choice)
        if known.mergesLocalRules == nil { known.mergeDoubt = doubt() }
      default:
        if Self.irrelevant.contains(String(name)) { return }
        known.enabledDoubt = doubt()
      }
      known.position = known.position ?? position(value)
      settings[profile] = known
    }
  }

  private static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
  }

  /// The values of a setting: a choice without the name in front of it, a text or number, or all of a
  /// collection.
  private static func values(_ setting: JSONValue) -> [String] {
    let id = setting["settingDefinitionId"]?.string ?? ""
    func plain(_ text: String) -> String {
      text.lowercased().hasPrefix(id.lowercased() + "_")
        ? String(text.dropFirst(id.count + 1)) : text
    }
    // A value of another type equals no known word.
    func text(_ value: JSONValue) -> String { value["value"]?.scalarText ?? "{{ object }}" }
    if let choice = setting["choiceSettingValue"] { return [plain(text(choice))] }
    if let simple = setting["simpleSettingValue"] { return [text(simple)] }
    let lists = [setting["simpleSettingCollectionValue"], setting["choiceSettingCollectionValue"]]
    return lists.compactMap { $0 }.flatMap { list in list.elements.map { plain(text($0)) } }
  }

  private static let irrelevantInRules = IrrelevantMembers([
    (
      "names the kind of the value, or where it was copied from",
      [
        "@odata.type", "settingValueTemplateReference", "id",
      ]
    )
  ])

  private mutating func rule(_ group: JSONValue) -> WFRule {
    var rule = WFRule(position: position(group))
    rule.isOutbound = nil
    rule.isLocal = false
    var saysEnabled = false
    func doubt(_ kind: Condition.Kind, _ text: String) {
      rule.conditions.append(configuration.doubts.doubt(kind, text, at: rule.position))
    }
    let record = ExportRecord(group, file: file)
    _ = record.value("children")
    for member in record.unread(ignoring: Self.irrelevantInRules) {
      doubt(.unmodelled, "member `\(member.path)` of a rule is not understood")
    }
    for child in group["children"]?.elements.map({ $0 }) ?? [] {
      guard let id = child["settingDefinitionId"]?.string?.lowercased(),
        id.hasPrefix(Self.rulePrefix + "_")
      else {
        doubt(.unmodelled, "a setting of a rule whose name is not known")
        continue
      }
      let values = Self.values(child)
      let value = values.first ?? ""
      switch id.dropFirst(Self.rulePrefix.count + 1) {
      case "name", "firewallrulename": if rule.name.isEmpty { rule.name = value }
      case "enabled":
        rule.enabled = Self.flag(value) ?? true
        if Self.flag(value) == nil { doubt(.notInForce, "whether a rule is on: `\(value)`") }
        saysEnabled = true
      case "direction":
        switch value.lowercased() {
        case "out": rule.isOutbound = true
        case "in": rule.isOutbound = false
        default: doubt(.unresolved, "the direction `\(value)` of a rule is not known")
        }
      case "action_type", "action":
        rule.action = value == "0" ? .block : (value == "1" ? .allow : nil)
      case "protocol": rule.protocol = value
      case "remoteportranges": rule.remotePorts = values
      case "localportranges": rule.localPorts = values
      case "remoteaddressranges": rule.remoteAddresses = values.map { WFAddressText($0) }
      case "localaddressranges": rule.localAddresses = values.map { WFAddressText($0) }
      case "remoteaddressdynamickeywords": rule.keywords = values
      case "app_filepath", "app_fqbn": rule.program = value
      case "app_servicename": rule.service = value
      case "app_packagefamilyname": rule.package = value
      case "profiles":
        let masks = values.compactMap { Int($0) }
        if masks.count < values.count {
          doubt(.unresolved, "a profile of a rule is not known")
        } else if !masks.isEmpty {
          rule.profiles = masks.reduce(into: []) { $0.formUnion(WFProfile.set(mask: $1)) }
        }
      case "interfacetypes": rule.interfaces = values
      case "localuserauthorizedlist":
        doubt(.user, "only for certain users")
      case "policyappid":
        doubt(.application, "only programs that App Control tags as `\(value)`")
      case "icmptypesandcodes": rule.never = "looks at ICMP"
      case "description", "edgetraversal", "status": break
      case let other:
        doubt(.unmodelled, "setting `\(other)` of a rule is not modelled")
      }
    }
    if !saysEnabled {
      doubt(.notInForce, "whether the rule is switched on is not in the policy")
    }
    if rule.isOutbound == nil {
      doubt(.unresolved, "the direction of the rule is not in the policy")
    }
    return rule
  }

  /// A reusable setting: rules name the setting's own id in Graph, or that of the keyword inside it.
  private mutating func addKeyword(_ group: JSONValue, owner: JSONValue) {
    var keyword = WFKeyword(id: "", position: position(group))
    var ids = [owner["id"]?.string].compactMap { $0 }
    for child in group["children"]?.elements.map({ $0 }) ?? [] {
      guard let id = child["settingDefinitionId"]?.string?.lowercased(),
        id.hasPrefix(Self.keywordPrefix + "_")
      else { continue }
      let values = Self.values(child)
      switch id.dropFirst(Self.keywordPrefix.count + 1) {
      case "id": ids += values
      case "keyword": keyword.keyword = values.first ?? ""
      case "autoresolve": keyword.autoResolves = Self.flag(values.first ?? "") ?? false
      case "addresses": keyword.addresses = values
      default: break
      }
    }
    for id in ids {
      configuration.keywords[id.lowercased().filter { $0 != "{" && $0 != "}" }] = keyword
    }
  }

  // MARK: Device configuration of the older kind

  /// Members of a rule that are read, or that do not say which packets it is for.
  private static let oldMembers = [
    "displayName", "description", "trafficDirection", "action", "protocol", "remotePortRanges",
    "localPortRanges", "remoteAddressRanges", "localAddressRanges", "filePath", "serviceName",
    "packageFamilyName", "profileTypes", "interfaceTypes", "localUserAuthorizations",
    "edgeTraversal", "useAnyRemoteAddressRange", "useAnyLocalAddressRange",
  ]

  /// Source: learn.microsoft.com, Graph, windows10EndpointProtectionConfiguration, windowsFirewallRule,
  /// windowsFirewallNetworkProfile.
  private mutating func readOld(_ policy: JSONValue) {
    policyName = policyName ?? policy["displayName"]?.string
    let profiles: [(String, WFProfile)] = [
      ("firewallProfileDomain", .domain), ("firewallProfilePrivate", .private),
      ("firewallProfilePublic", .public),
    ]
    for (name, profile) in profiles {
      guard let value = policy.member(ignoringCase: name), value.isObject else { continue }
      var known = WFProfileSettings(position: position(value))
      switch value["firewallEnabled"]?.string?.lowercased() {
      case "allowed": known.enabled = true
      case "blocked": known.enabled = false
      default: break
      }
      if value["outboundConnectionsBlocked"]?.bool == true { known.blocksOutbound = true }
      if value["outboundConnectionsRequired"]?.bool == true { known.blocksOutbound = false }
      if value["policyRulesFromGroupPolicyNotMerged"]?.bool == true {
        known.mergesLocalRules = false
      }
      settings[profile] = known
    }
    for value in policy.member(ignoringCase: "firewallRules")?.elements.map({ $0 }) ?? [] {
      var rule = WFRule(position: position(value))
      rule.isLocal = false
      func list(_ name: String) -> [String] {
        value.member(name)?.elements.map { $0.scalarText ?? "{{ object }}" } ?? []
      }
      rule.name = value["displayName"]?.string ?? ""
      func doubt(_ kind: Condition.Kind, _ text: String) {
        rule.conditions.append(configuration.doubts.doubt(kind, text, at: rule.position))
      }
      let record = ExportRecord(value, file: file)
      for name in Self.oldMembers { _ = record.value(name) }
      for member in record.unread(ignoring: Self.irrelevantInRules) {
        doubt(.unmodelled, "member `\(member.path)` of a rule is not understood")
      }
      // Not configured is "any direction", of which the way out is one.
      switch value["trafficDirection"]?.scalarText?.lowercased() {
      case "in": rule.isOutbound = false
      case "out", "notconfigured", nil: rule.isOutbound = true
      case let word?: doubt(.unresolved, "the direction `\(word)` of a rule is not known")
      }
      switch value["action"]?.string?.lowercased() {
      case "blocked": rule.action = .block
      case "allowed": rule.action = .allow
      default: rule.action = nil
      }
      rule.protocol = value["protocol"]?.scalarText
      rule.remotePorts = list("remotePortRanges")
      rule.localPorts = list("localPortRanges")
      rule.remoteAddresses = list("remoteAddressRanges").map { WFAddressText($0) }
      rule.localAddresses = list("localAddressRanges").map { WFAddressText($0) }
      rule.program = value["filePath"]?.string
      rule.service = value["serviceName"]?.string
      rule.package = value["packageFamilyName"]?.string
      if let text = value["profileTypes"].map({ profiles in
        profiles.scalarText
          ?? profiles.elements.map { $0.string ?? "{{ object }}" }.joined(separator: ",")
      }) {
        if let found = WFProfile.set(text: text) {
          rule.profiles = found
        } else {
          doubt(.unresolved, "profile `\(text)` is not known")
        }
      }
      let interfaces =
        value["interfaceTypes"]?.scalarText ?? list("interfaceTypes").joined(separator: ",")
      if !["", "notConfigured"].contains(interfaces) { rule.interfaces = [interfaces] }
      if let users = value["localUserAuthorizations"]?.string, !users.isEmpty {
        rule.conditions.append(
          configuration.doubts.doubt(.user, "only for certain users", at: rule.position))
      }
      configuration.add(rule)
    }
  }
}
