import ImportKit

/// Answers of a Firewall Management Center (FMC) or of the on-box manager (FDM), by what they hold.
struct FMCDocuments {
  /// A JSON object with the file that it stands in.
  struct Item {
    let value: JSONValue
    let file: Int

    var id: String { value["id"]?.scalarText ?? "" }
    var name: String { value["name"]?.scalarText ?? "" }
    /// The type in lower case: `Network` of FMC and `networkobject` of FDM.
    var type: String { value["type"]?.string?.lowercased() ?? "" }

    var position: SourcePosition { JSONItem(value, file: file).position }
    var record: ExportRecord { ExportRecord(value, file: file) }
  }

  /// Rules of one policy as one answer gives them.
  struct Page {
    let policy: String
    let items: [Item]
    let offset: Int
    /// How many there are in all; nil where the answer does not say.
    let count: Int?
    let position: SourcePosition
  }

  private(set) var accessPages: [Page] = []
  private(set) var prefilterPages: [Page] = []
  /// Access policies by id, in the order of the export.
  private(set) var policies: [Item] = []
  /// Default actions with the id of the policy that they belong to; empty where not said.
  private(set) var defaultActions: [(policy: String, item: Item)] = []
  private(set) var objects: [String: Item] = [:]
  /// Objects by type and name, for references without an id.
  private(set) var namedObjects: [String: Item] = [:]
  private(set) var version = ""
  /// What was noted while collecting; every policy of the export tells it.
  let doubts = Doubts()
  private(set) var isRecognised = false
  /// What the manager says is wrong.
  private(set) var failure: String?
  /// Names by which zones are called, by their ids: an id with several names is any of them.
  private(set) var zoneNames: [String: [String]] = [:]
  /// Empty lists whose answers do not say of what they are lists.
  private var namelessEmptyLists: [Page] = []
  var file = 0

  var holdsRules: Bool { !accessPages.isEmpty }

  mutating func collect(_ value: JSONValue, depth: Int = 0) {
    guard depth < 6 else { return }
    if value.isArray {
      collect(array: value, depth: depth)
    } else if let items = value["items"], items.isArray {
      collect(envelope: value, items: items)
    } else if value["type"]?.string != nil {
      collect(items: [Item(value: value, file: file)], of: value)
    } else if let error = value["error"], let messages = error["messages"] {
      let first = messages.elements.first { _ in true }
      failure = first?["description"]?.string ?? error["key"]?.string ?? "an error"
    }
  }

  private mutating func collect(array: JSONValue, depth: Int) {
    let elements = Array(array.elements)
    if elements.contains(where: { $0["items"] != nil || $0.isArray }) {
      for element in elements { collect(element, depth: depth + 1) }
    } else {
      collect(items: elements.filter(\.isObject).map { Item(value: $0, file: file) }, of: array)
    }
  }

  private mutating func collect(envelope: JSONValue, items: JSONValue) {
    let list = items.elements.filter(\.isObject).map { Item(value: $0, file: file) }
    if let text = list.first?.value["serverVersion"]?.string {
      version = text
      isRecognised = true
      return
    }
    guard list.isEmpty else {
      collect(items: list, of: envelope)
      return
    }
    guard let link = Self.link(of: envelope) else {
      // The on-box manager gives its lists no address of their own.
      if envelope["paging"]?["count"]?.int == 0 {
        isRecognised = true
        namelessEmptyLists.append(page("", [], of: envelope))
      }
      return
    }
    guard Self.isManagerLink(link) else { return }
    isRecognised = true
    // An empty list of rules is an answer too: the policy has none.
    if let policy = Self.policyID(in: link, before: "accessrules") {
      accessPages.append(page(policy, [], of: envelope))
    } else if let policy = Self.policyID(in: link, before: "prefilterrules") {
      prefilterPages.append(page(policy, [], of: envelope))
    }
  }

  /// Takes an empty list that came with the policy of an on-box manager and no rules for the list of
  /// its rules; call it when everything is collected.
  ///
  /// The on-box manager has one access policy, and its lists say nowhere of what they are.
  mutating func finish() {
    nameZones()
    guard accessPages.isEmpty, let empty = namelessEmptyLists.first, policies.count == 1,
      Self.isOnBox(policies[0])
    else { return }
    accessPages.append(
      Page(
        policy: policies[0].id, items: [], offset: 0, count: 0, position: empty.position))
    doubts.note(
      .reading,
      "the empty list beside the access policy is taken for the list of its rules: the policy has "
        + "none", at: empty.position)
  }

  private mutating func nameZones() {
    let cells: [StaticString] = [
      "sourceZones", "destinationZones", "sourceInterfaces", "destinationInterfaces",
    ]
    func add(_ item: Item) {
      guard !item.id.isEmpty, zoneNames[item.id]?.contains(item.name) != true else { return }
      zoneNames[item.id, default: []].append(item.name)
    }
    for item in (accessPages + prefilterPages).flatMap(\.items) {
      for name in cells {
        for zone in FMCCell(item.value[name], file: item.file)?.objects ?? [] { add(zone) }
      }
    }
    for object in objects.values.sorted(by: { $0.position < $1.position })
    where object.type == "securityzone" { add(object) }
  }

  /// Whether a policy or rule is that of the on-box manager, which writes its types in lower case.
  static func isOnBox(_ item: Item) -> Bool {
    item.value["ruleAction"] != nil
      || item.value["type"]?.string.map { !$0.isEmpty && $0.lowercased() == $0 } ?? false
  }

  private static func link(of value: JSONValue) -> String? { value["links"]?["self"]?.string }

  private static func isManagerLink(_ text: String) -> Bool {
    text.contains("/fmc_config/") || text.contains("/api/fdm/")
  }

  /// The id of the policy in `…/accesspolicies/ID/accessrules…`.
  static func policyID(in link: String, before name: String) -> String? {
    let parts = link.prefix { $0 != "?" }.split(separator: "/")
    guard let index = parts.firstIndex(where: { $0 == name }), index > 0 else { return nil }
    return String(parts[index - 1])
  }

  private func page(_ policy: String, _ items: [Item], of value: JSONValue) -> Page {
    let paging = value["paging"]
    return Page(
      policy: policy, items: items, offset: max(paging?["offset"]?.int ?? 0, 0),
      count: paging?["count"]?.int, position: JSONItem(value, file: file).position)
  }

  /// The kind of list that an item belongs to.
  private enum Kind {
    case accessRule
    case prefilterRule
    case policy
    case defaultAction
    case object
    case other
  }

  /// By the type; what has an unknown one in a list of rules is a rule all the same, since it stands
  /// in their order.
  private static func kind(of item: Item, in value: JSONValue) -> Kind {
    // Policy objects of a Meraki organisation have types of the same names; these members are theirs.
    if item.value["groupIds"] != nil || item.value["objectIds"] != nil { return .other }
    switch item.type {
    case "accessrule": return .accessRule
    case "prefilterrule", "tunnelrule": return .prefilterRule
    case "accesspolicy": return .policy
    case "accesspolicydefaultaction": return .defaultAction
    case let type where objectTypes.contains(type): return .object
    default: break
    }
    for link in [link(of: value), link(of: item.value)].compactMap({ $0 }) {
      if policyID(in: link, before: "accessrules") != nil { return .accessRule }
      if policyID(in: link, before: "prefilterrules") != nil { return .prefilterRule }
    }
    let isRule =
      item.value["ruleAction"] != nil
      || item.value["action"] != nil
        && (item.value["sourceZones"] != nil || item.value["sourceNetworks"] != nil)
    return isRule ? .accessRule : .other
  }

  /// Sorts items by their types; rules go by the policy that they say they belong to.
  private mutating func collect(items: [Item], of value: JSONValue) {
    var access: [(policy: String, items: [Item])] = []
    var prefilter: [(policy: String, items: [Item])] = []
    func add(_ item: Item, to groups: inout [(policy: String, items: [Item])], list: String) {
      let policy =
        Self.link(of: value).flatMap { Self.policyID(in: $0, before: list) }
        ?? Self.link(of: item.value).flatMap { Self.policyID(in: $0, before: list) }
        ?? item.value["metadata"]?["accessPolicy"]?["id"]?.string ?? ""
      if let index = groups.firstIndex(where: { $0.policy == policy }) {
        groups[index].items.append(item)
      } else {
        groups.append((policy, [item]))
      }
    }
    for item in items {
      switch Self.kind(of: item, in: value) {
      case .accessRule: add(item, to: &access, list: "accessrules")
      case .prefilterRule: add(item, to: &prefilter, list: "prefilterrules")
      case .policy:
        policies.append(item)
        if let action = item.value["defaultAction"], action["action"] != nil {
          defaultActions.append((item.id, Item(value: action, file: file)))
        }
      case .defaultAction:
        let link = Self.link(of: value) ?? Self.link(of: item.value) ?? ""
        let policy = Self.policyID(in: link, before: "defaultactions")
        // The answer for a single one links to `…/ID/defaultactions/ACTION`.
        defaultActions.append((policy ?? "", item))
      case .object:
        guard !item.id.isEmpty || !item.name.isEmpty else { continue }
        if !item.id.isEmpty { objects[item.id] = item }
        namedObjects["\(item.type)/\(item.name)"] = item
      case .other: continue
      }
      isRecognised = true
    }
    accessPages += access.map { page($0.policy, $0.items, of: value) }
    prefilterPages += prefilter.map { page($0.policy, $0.items, of: value) }
    noteCut(items, of: value)
  }

  /// Lists of objects may be cut as well; what rules then miss is unresolved there.
  private func noteCut(_ items: [Item], of value: JSONValue) {
    guard let first = items.first, Self.objectTypes.contains(first.type),
      let count = value["paging"]?["count"]?.int
    else { return }
    let offset = max(value["paging"]?["offset"]?.int ?? 0, 0)
    let (end, overflow) = offset.addingReportingOverflow(items.count)
    guard !overflow, end < count else { return }
    doubts.note(
      .completeness,
      "a list of \(count) objects ends with number \(end); ask again with offset \(end)",
      at: JSONItem(value, file: file).position)
  }

  private static let objectTypes: Set<String> = [
    // FMC
    "host", "network", "range", "fqdn", "networkgroup", "url", "urlgroup", "protocolportobject",
    "portobjectgroup", "icmpv4object", "icmpv6object", "anyprotocolportobject", "securityzone",
    "interfacegroup", "dynamicobject", "timerange", "vlantag", "vlangrouptag", "country",
    "continent", "geolocation", "siurllist", "siurlfeed", "prefilterpolicy",
    // FDM
    "networkobject", "networkobjectgroup", "urlobject", "urlobjectgroup", "tcpportobject",
    "udpportobject", "protocolobject", "icmpv4portobject", "icmpv6portobject",
    "geolocationobject",
  ]
}
