import ImportKit

/// Everything of a set of documents that matters, by what it is.
struct CheckPointDocuments {
  /// A JSON object with the file that it stands in.
  struct Item {
    let value: JSONValue
    let file: Int
    /// Whether it stands inside of a rule, as answers without a dictionary have it.
    var isInRule = false

    var uid: String? { value["uid"]?.string }
    var name: String? { value["name"]?.string }
    var type: String { value["type"]?.string ?? "" }

    var position: SourcePosition { JSONItem(value, file: file).position }
    /// Nil for an object that has no place of its own.
    var ownPosition: SourcePosition? { isInRule ? nil : position }
    var record: ExportRecord { ExportRecord(value, file: file) }
  }

  /// One page of a rulebase.
  struct Page {
    let uid: String?
    let name: String?
    /// Rules and sections.
    let rules: [Item]
    let from: Int?
    let to: Int?
    /// How many rules the whole rulebase has.
    let total: Int?
    let position: SourcePosition
  }

  private(set) var accessPages: [Page] = []
  private(set) var httpsPages: [Page] = []
  /// Objects by uid; the most detailed one of several wins.
  private(set) var objects: [String: Item] = [:]
  private(set) var packages: [Item] = []
  /// Layer objects by uid.
  private(set) var layers: [String: Item] = [:]
  /// Layers of packages by the base name of the file that holds their rules (ShowPolicyPackage).
  private(set) var indexedLayers: [(package: String, uid: String, name: String, file: String)] = []
  private(set) var holdsTranslation = false
  private(set) var isRecognised = false
  /// What was noted while collecting; every policy of the export tells it.
  let doubts = Doubts()
  /// Categories that objects say they belong to, with the sites.
  private(set) var sitesOfCategory: [String: [String]] = [:]
  var file = 0
  /// The name of the file being read; the index of ShowPolicyPackage gives it a meaning.
  var fileName = ""

  var holdsRules: Bool { !accessPages.isEmpty }

  mutating func collect(_ value: JSONValue, depth: Int = 0) {
    guard depth < 6 else { return }
    if value.isArray {
      collect(array: value, depth: depth)
      return
    }
    guard value.isObject else { return }
    if let list = value["policyPackages"], list.isArray {
      collect(index: list)
    } else if value["rulebase"]?.isArray ?? false {
      collect(rulebase: value)
    } else if let list = value["packages"], list.isArray {
      isRecognised = true
      for element in list.elements { collect(object: element) }
    } else if let list = value["access-layers"] ?? value["https-layers"], list.isArray,
      value["type"] == nil
    {
      isRecognised = true
      for element in list.elements { collect(object: element) }
    } else if let list = value["objects"], list.isArray,
      value["total"] != nil || Self.isObject(list)
    {
      isRecognised = true
      for element in list.elements { collect(object: element) }
      noteCut(value, what: "objects")
    } else if Self.isTyped(value) {
      collect(object: value)
    } else if let inner = value["data"] ?? value["response"], inner.isArray || inner.isObject {
      collect(inner, depth: depth + 1)
    }
  }

  private static func isObject(_ list: JSONValue) -> Bool {
    list.elements.first { _ in true }.map(isTyped) ?? false
  }

  /// Whether a value is an object of the management database: it has a uid, a type and a domain.
  private static func isTyped(_ value: JSONValue) -> Bool {
    value["uid"]?.string != nil && value["type"]?.string != nil
      && (value["domain"]?["domain-type"] != nil || value["domain"]?["uid"] != nil)
  }

  private mutating func collect(array: JSONValue, depth: Int) {
    let flat = array.elements.contains { element in
      ["access-rule", "access-section", "https-rule", "https-section"].contains(
        element["type"]?.string)
    }
    if flat {
      // ShowPolicyPackage: sections are markers in front of their rules, and the layer has no name.
      isRecognised = true
      let items = array.elements.filter(\.isObject).map { Item(value: $0, file: file) }
      let isHTTPS = items.contains { $0.value["type"]?.string?.hasPrefix("https") ?? false }
      let base = Self.baseName(fileName)
      let page = Page(
        uid: nil, name: base, rules: items, from: nil, to: nil, total: nil,
        position: SourcePosition(file: file, line: array.line, pointer: array.pointer))
      if isHTTPS { httpsPages.append(page) } else { accessPages.append(page) }
      return
    }
    for element in array.elements {
      if Self.isTyped(element), element["rulebase"] == nil {
        collect(object: element)
      } else {
        collect(element, depth: depth + 1)
      }
    }
  }

  /// `Network-Management server` for the file of the rules and for the page that the index names.
  static func baseName(_ path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = last.lastIndex(of: ".") else { return last }
    return String(last[..<dot])
  }

  private mutating func collect(rulebase value: JSONValue) {
    guard let list = value["rulebase"] else { return }
    for element in value["objects-dictionary"]?.elements.map({ $0 }) ?? [] {
      collect(object: element)
    }
    let kinds = Set(list.elements.prefix(50).compactMap { $0["type"]?.string })
    let isEmpty = list.count == 0 && value["uid"] != nil
    if kinds.contains(where: { $0.hasPrefix("nat-") }) {
      isRecognised = true
      holdsTranslation = true
      return
    }
    let isHTTPS = kinds.contains { $0.hasPrefix("https-") }
    let isAccess = kinds.contains { $0.hasPrefix("access-") || $0 == "place-holder" }
    guard
      isHTTPS || isAccess || isEmpty || value["objects-dictionary"] != nil
        || value["uid"]?.string != nil && (value["total"] != nil || !kinds.isEmpty)
    else { return }
    isRecognised = true
    if kinds.contains(where: { $0.hasPrefix("threat-") }) {
      doubts.note(.advisory, "threat prevention can stop traffic for what it contains")
      return
    }
    // With details-level uid rules are texts; they are rules of which nothing is known.
    let page = Page(
      uid: value["uid"]?.string, name: value["name"]?.string,
      rules: list.elements.map { Item(value: $0, file: file) },
      from: value["from"]?.counter, to: value["to"]?.counter, total: value["total"]?.counter,
      position: SourcePosition(file: file, line: value.line, pointer: value.pointer))
    if isHTTPS { httpsPages.append(page) } else { accessPages.append(page) }
  }

  private mutating func collect(object value: JSONValue, isInRule: Bool = false) {
    guard let uid = value["uid"]?.string else { return }
    let item = Item(value: value, file: file, isInRule: isInRule)
    switch value["type"]?.string {
    case "package":
      isRecognised = true
      packages.append(item)
      let layerLists: [JSONValue?] = [value["access-layers"]]
      for layer in layerLists.compactMap({ $0 }).flatMap({ $0.elements.map { $0 } }) {
        collect(object: layer)
      }
    case "access-layer", "https-layer":
      isRecognised = true
      layers[uid] = item
    default:
      isRecognised = true
      // The dictionary of a rulebase may be less detailed than a list of objects.
      if let known = objects[uid], known.value.count >= value.count { return }
      objects[uid] = item
      if value["type"]?.string == "application-site" { collect(site: value, uid: uid) }
    }
  }

  private mutating func collect(site value: JSONValue, uid: String) {
    guard value["user-defined"]?.bool ?? (value["url-list"] != nil) else { return }
    var names = value["additional-categories"]?.elements.compactMap(\.string) ?? []
    if let primary = value["primary-category"]?.string { names.append(primary) }
    for name in names where !(sitesOfCategory[name]?.contains(uid) ?? false) {
      sitesOfCategory[name, default: []].append(uid)
    }
  }

  private mutating func collect(index: JSONValue) {
    for package in index.elements {
      guard let layers = package["accessLayers"], layers.isArray else { continue }
      isRecognised = true
      for layer in layers.elements {
        indexedLayers.append(
          (
            package: package["packageName"]?.string ?? "", uid: layer["uid"]?.string ?? "",
            name: layer["name"]?.string ?? "",
            file: Self.baseName(layer["htmlFileName"]?.string ?? "")
          ))
      }
    }
  }

  private func noteCut(_ value: JSONValue, what: String) {
    guard let total = value["total"]?.counter, let to = value["to"]?.counter, to >= 0, to < total
    else {
      return
    }
    doubts.note(
      .completeness,
      "\(what) \(to + 1) to \(total) are not in the file; ask again with offset \(to)",
      at: JSONItem(value, file: file).position)
  }

  /// Defines objects that stand inside of rules, as answers without a dictionary have them.
  mutating func define(_ value: JSONValue, file: Int) {
    let own = self.file
    self.file = file
    collect(object: value, isInRule: true)
    self.file = own
  }
}
