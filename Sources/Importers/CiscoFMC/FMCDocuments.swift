import ImportKit

/// Answers of a Firewall Management Center (FMC) or of the on-box manager (FDM), by what they hold.
struct FMCDocuments {
  /// A JSON object with the file that it stands in.
  struct Item {
    let value: JSONValue
    let file: Int

    var id: String { value["id"]?.string ?? "" }
    var name: String { value["name"]?.string ?? "" }
    /// The type in lower case: `Network` of FMC and `networkobject` of FDM.
    var type: String { value["type"]?.string?.lowercased() ?? "" }

    var position: SourcePosition {
      SourcePosition(file: file, line: value.line, pointer: value.pointer)
    }
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
  private(set) var notes: [Note] = []
  private(set) var isRecognised = false
  /// What the manager says is wrong.
  private(set) var failure: String?
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
    if list.isEmpty, Self.link(of: envelope).map(Self.isManagerLink) ?? false {
      isRecognised = true
      // An empty list of rules is an answer too: the policy has none.
      if let policy = Self.policyID(in: Self.link(of: envelope) ?? "", before: "accessrules") {
        accessPages.append(page(policy, [], of: envelope))
      }
      return
    }
    collect(items: list, of: envelope)
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
      policy: policy, items: items, offset: paging?["offset"]?.counter ?? 0,
      count: paging?["count"]?.counter,
      position: SourcePosition(file: file, line: value.line, pointer: value.pointer))
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
      switch item.type {
      case "accessrule": add(item, to: &access, list: "accessrules")
      case "prefilterrule", "tunnelrule": add(item, to: &prefilter, list: "prefilterrules")
      case "accesspolicy":
        policies.append(item)
        if let action = item.value["defaultAction"], action["action"] != nil {
          defaultActions.append((item.id, Item(value: action, file: file)))
        }
      case "accesspolicydefaultaction":
        let link = Self.link(of: value) ?? Self.link(of: item.value) ?? ""
        let policy = Self.policyID(in: link, before: "defaultactions")
        // The answer for a single one links to `…/ID/defaultactions/ACTION`.
        defaultActions.append((policy ?? "", item))
      case let type where Self.objectTypes.contains(type):
        guard !item.id.isEmpty || !item.name.isEmpty else { continue }
        if !item.id.isEmpty { objects[item.id] = item }
        namedObjects["\(type)/\(item.name)"] = item
      default: continue
      }
      isRecognised = true
    }
    accessPages += access.map { page($0.policy, $0.items, of: value) }
    prefilterPages += prefilter.map { page($0.policy, $0.items, of: value) }
    noteCut(items, of: value)
  }

  /// Lists of objects may be cut as well; what rules then miss is unresolved there.
  private mutating func noteCut(_ items: [Item], of value: JSONValue) {
    guard let first = items.first, Self.objectTypes.contains(first.type),
      let count = value["paging"]?["count"]?.counter
    else { return }
    let end = (value["paging"]?["offset"]?.counter ?? 0) + items.count
    guard end < count else { return }
    notes.append(
      Note(
        .completeness,
        "a list of \(count) objects ends with number \(end); ask again with offset \(end)",
        at: SourcePosition(file: file, line: value.line, pointer: value.pointer)))
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
