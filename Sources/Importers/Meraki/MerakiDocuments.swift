import ImportKit

/// Answers of the Dashboard API, told apart by their shape, and where shapes are equal by the word
/// of the request under which they were saved.
struct MerakiDocuments {
  typealias Item = JSONItem

  /// The rule lists of a network.
  enum RuleKind: Hashable, CaseIterable {
    case outbound
    case layer7
    case cellular
    case inbound
    case siteToSite
    /// Of an access point: another device.
    case wireless

    var words: String {
      switch self {
      case .outbound: "outbound layer 3 rules"
      case .layer7: "layer 7 rules"
      case .cellular: "cellular rules"
      case .inbound: "inbound rules"
      case .siteToSite: "site-to-site rules"
      case .wireless: "rules of a wireless network"
      }
    }
  }

  private(set) var rules: [RuleKind: [Item]] = [:]
  private(set) var contentFiltering: [Item] = []
  private(set) var groupPolicies: [Item] = []
  private(set) var networks: [Item] = []
  private(set) var objects: [String: Item] = [:]
  private(set) var groups: [String: Item] = [:]
  private(set) var siteToSite: Item?
  private(set) var networkName: String?
  private(set) var isRecognised = false
  private(set) var failure: String?
  /// Rule lists that no word names, so that they are taken for outbound rules.
  private(set) var unnamed: [Item] = []

  /// Whether there is something to judge: rules of the network, or of a group policy.
  var holdsPolicy: Bool {
    let kinds: [RuleKind] = [.outbound, .layer7, .wireless]
    return kinds.contains { rules[$0] != nil } || !contentFiltering.isEmpty
      || groupPolicies.contains {
        $0.value["firewallAndTrafficShaping"]?["settings"]?.string == "custom"
      }
  }

  /// Whether there is anything of an appliance; access points of a network without one have rules of
  /// their own only.
  var holdsAppliance: Bool {
    let kinds: [RuleKind] = [.outbound, .layer7, .cellular, .inbound, .siteToSite]
    return kinds.contains { rules[$0] != nil } || !contentFiltering.isEmpty
      || !groupPolicies.isEmpty || siteToSite != nil
  }

  /// What is there, for a message that says what is missing.
  var words: String {
    var parts = RuleKind.allCases.filter { rules[$0] != nil }.map(\.words)
    if !groupPolicies.isEmpty { parts.append("group policies") }
    if !networks.isEmpty { parts.append("VLANs") }
    if !objects.isEmpty || !groups.isEmpty { parts.append("policy objects") }
    if siteToSite != nil { parts.append("VPN settings") }
    return parts.isEmpty ? "a network" : parts.joined(separator: ", ")
  }

  // MARK: Sorting

  /// - Parameter name: the file name, or the name of the member that holds the value.
  mutating func collect(_ value: JSONValue, file: Int, name: String, depth: Int = 0) {
    let item = Item(value, file: file)
    if value.isArray {
      for element in value.elements {
        if collect(element: element, file: file, name: name) { continue }
        // A list of answers, each with a list or object of its own.
        if depth < 3, element.isArray || Self.isAnswer(element) {
          collect(element, file: file, name: name, depth: depth + 1)
        }
      }
    } else if value.isObject {
      collect(object: item, name: name, depth: depth)
    }
  }

  /// Whether an object is an answer of its own, rather than an entry of a list.
  private static func isAnswer(_ value: JSONValue) -> Bool {
    value["rules"]?.isArray ?? false || value["blockedUrlPatterns"] != nil
      || value["allowedUrlPatterns"] != nil || value["blockedUrlCategories"] != nil
      || value["mode"]?.string != nil && (value["hubs"] != nil || value["subnets"] != nil)
      || value.members.contains { isRequest($0.key) && ($0.value.isArray || $0.value.isObject) }
  }

  private mutating func collect(object item: Item, name: String, depth: Int) {
    let value = item.value
    if let list = value["rules"], list.isArray {
      collect(rules: item, list, name: name)
    } else if value["blockedUrlPatterns"] != nil || value["allowedUrlPatterns"] != nil
      || value["blockedUrlCategories"] != nil
    {
      contentFiltering.append(item)
      isRecognised = true
    } else if value["mode"]?.string != nil, value["hubs"] != nil || value["subnets"] != nil {
      siteToSite = item
      isRecognised = true
    } else if let errors = value["errors"], errors.isArray, value.count == 1 {
      failure = errors.elements.first { _ in true }?.string
    } else if depth < 3, !collect(element: value, file: item.file, name: name) {
      // One object with an answer a member.
      for (key, member) in value.members where Self.isRequest(key) {
        collect(member, file: item.file, name: key, depth: depth + 1)
      }
    }
  }

  /// One entry of a list, or an answer about a single thing.
  @discardableResult
  private mutating func collect(element value: JSONValue, file: Int, name: String) -> Bool {
    let item = Item(value, file: file)
    if value["groupPolicyId"]?.scalarText != nil, value["firewallAndTrafficShaping"] != nil {
      groupPolicies.append(item)
    } else if value["subnet"] != nil, value["applianceIp"] != nil {
      networks.append(item)
    } else if let id = value["id"]?.scalarText, value["objectIds"]?.isArray ?? false {
      groups[id] = item
    } else if let id = value["id"]?.scalarText, value["category"]?.string == "network",
      value["cidr"] != nil || value["fqdn"] != nil || value["ip"] != nil
    {
      objects[id] = item
    } else if value["organizationId"] != nil, value["productTypes"] != nil,
      let text = value["name"]?.string
    {
      networkName = text
    } else {
      return false
    }
    isRecognised = true
    return true
  }

  /// Outbound, cellular, inbound and site-to-site rules have the same members.
  private mutating func collect(rules item: Item, _ list: JSONValue, name: String) {
    guard let first = list.elements.first(where: { $0.isObject }) else {
      // An empty list says what it is only by the word of the request.
      guard let kind = Self.kind(name), Self.isRequest(name) else { return }
      rules[kind, default: []].append(item)
      isRecognised = true
      return
    }
    guard first["policy"] != nil else { return }
    let kind: RuleKind
    if first["destCidr"] != nil {
      if first["srcCidr"] == nil {
        kind = .wireless
      } else if let named = Self.kind(name), named != .layer7 {
        kind = named
      } else {
        kind = .outbound
        unnamed.append(item)
      }
    } else if first["type"] != nil, first["value"] != nil {
      kind = .layer7
    } else {
      return
    }
    rules[kind, default: []].append(item)
    isRecognised = true
  }

  /// Letters and digits of the last part of a path, in lower case.
  private static func plain(_ name: String) -> String {
    let last = name.split(separator: "/").last ?? ""
    return last.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// What the word of a request says about a rule list; nil where it says nothing.
  private static func kind(_ name: String) -> RuleKind? {
    let text = plain(name)
    if text.contains("inbound") { return .inbound }
    if text.contains("cellular") { return .cellular }
    if text.contains("vpnfirewall") || text.contains("sitetosite") { return .siteToSite }
    if text.contains("ssid") || text.contains("wireless") { return .wireless }
    if text.contains("l7firewall") { return .layer7 }
    if text.contains("l3firewall") { return .outbound }
    return nil
  }

  /// Whether a name is that of an answer.
  private static func isRequest(_ name: String) -> Bool {
    let text = plain(name)
    let words = [
      "firewallrules", "contentfiltering", "grouppolicies", "vlans", "singlelan", "policyobjects",
      "sitetositevpn", "network", "groups",
    ]
    return words.contains { text.hasSuffix($0) || text.hasSuffix($0 + "json") }
  }
}
