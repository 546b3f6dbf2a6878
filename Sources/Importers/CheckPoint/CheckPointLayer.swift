import ImportKit

/// A rulebase put together from its pages.
struct CheckPointLayer {
  typealias Item = CheckPointDocuments.Item

  /// A rule, or a place where rules are missing from the export.
  enum Element {
    case rule(Item)
    case gap(first: Int, last: Int, position: SourcePosition)
  }

  let uid: String?
  let name: String
  let elements: [Element]
  let position: SourcePosition
  /// Uids of the layers that rules go on to.
  let inlineLayers: [String]

  /// Puts together the pages of one layer. They may come in any order and overlap; what lies between
  /// them, and behind the last up to the total, is missing.
  init(uid: String?, name: String, pages: [CheckPointDocuments.Page]) {
    self.uid = uid
    self.name = name
    let sorted = pages.enumerated().sorted {
      ($0.element.from ?? 0, $0.offset) < ($1.element.from ?? 0, $1.offset)
    }.map(\.element)
    position = sorted.first?.position ?? SourcePosition(line: 0)
    var rules: [Item] = []
    var seen: Set<String> = []
    var total = sorted.compactMap(\.total).max() ?? 0
    for page in sorted {
      for item in page.rules {
        // Sections of one rulebase hold their rules (API), or stand in front of them
        // (ShowPolicyPackage); either way they say up to which number they reach.
        if Self.isSection(item) { total = max(total, item.value["to"]?.counter ?? 0) }
        for rule in Self.flatten(item, depth: 0) {
          if let uid = rule.uid, !seen.insert(uid).inserted { continue }
          rules.append(rule)
        }
      }
    }
    var elements: [Element] = []
    var next = 1
    for rule in rules {
      let number = rule.value["rule-number"]?.counter
      if let number, number > next {
        elements.append(.gap(first: next, last: number - 1, position: rule.position))
      }
      elements.append(.rule(rule))
      if let number { next = max(next, number + 1) } else { next += 1 }
    }
    if total >= next {
      elements.append(.gap(first: next, last: total, position: position))
    }
    self.elements = elements
    inlineLayers = rules.compactMap { rule in
      guard let value = rule.value["inline-layer"] else { return nil }
      return value.string ?? value["uid"]?.string
    }
  }

  private static func isSection(_ item: Item) -> Bool {
    item.value["type"]?.string?.hasSuffix("-section") ?? false
  }

  private static func flatten(_ item: Item, depth: Int) -> [Item] {
    guard isSection(item) else { return [item] }
    guard depth < 8, let list = item.value["rulebase"], list.isArray else { return [] }
    return list.elements.filter(\.isObject)
      .flatMap { flatten(Item(value: $0, file: item.file), depth: depth + 1) }
  }

  /// Groups the pages of a kind by layer, in the order in which layers first appear.
  static func layers(
    _ pages: [CheckPointDocuments.Page],
    index: [(package: String, uid: String, name: String, file: String)]
  ) -> [CheckPointLayer] {
    var order: [String] = []
    var groups: [String: (uid: String?, name: String, pages: [CheckPointDocuments.Page])] = [:]
    for page in pages {
      var uid = page.uid
      var name = page.name ?? page.uid ?? "layer"
      if uid == nil, let entry = index.first(where: { $0.file == name }) {
        uid = entry.uid
        name = entry.name
      }
      let key = uid ?? "name/\(name)"
      if groups[key] == nil { order.append(key) }
      groups[key, default: (uid, name, [])].pages.append(page)
      // A page may lack the name that another has.
      if page.name != nil { groups[key]?.name = name }
    }
    return order.compactMap { key in
      groups[key].map { CheckPointLayer(uid: $0.uid, name: $0.name, pages: $0.pages) }
    }
  }
}
