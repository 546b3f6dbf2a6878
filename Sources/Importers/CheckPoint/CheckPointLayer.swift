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
      (Self.start(of: $0.element), $0.offset) < (Self.start(of: $1.element), $1.offset)
    }.map(\.element)
    position = sorted.first?.position ?? SourcePosition(line: 0)
    var rules: [Item] = []
    // Numbers of rules by their own word, or by that of the page that they begin.
    var numbers: [Int?] = []
    var seen: Set<String> = []
    var total = sorted.compactMap(\.total).max() ?? 0
    for page in sorted {
      var isFirst = true
      for item in page.rules {
        // Sections of one rulebase hold their rules (API), or stand in front of them
        // (ShowPolicyPackage); either way they say up to which number they reach.
        if Self.isSection(item) { total = max(total, item.value["to"]?.counter ?? 0) }
        for rule in Self.flatten(item) {
          let begin = isFirst ? page.from : nil
          isFirst = false
          if let uid = rule.uid, !seen.insert(uid).inserted { continue }
          rules.append(rule)
          numbers.append(rule.value["rule-number"]?.counter ?? begin)
        }
      }
    }
    var elements: [Element] = []
    var next = 1
    for (rule, number) in zip(rules, numbers) {
      if let number, number > next {
        elements.append(.gap(first: next, last: number - 1, position: rule.position))
      }
      elements.append(.rule(rule))
      let (behind, overflow) = (number ?? next).addingReportingOverflow(1)
      next = max(next, overflow ? .max : behind)
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

  /// Where a page begins, by its own word or by that of its first rule.
  private static func start(of page: CheckPointDocuments.Page) -> Int {
    if let from = page.from { return from }
    for item in page.rules {
      for rule in flatten(item) {
        if let number = rule.value["rule-number"]?.counter { return number }
      }
    }
    return 0
  }

  private static func isSection(_ item: Item) -> Bool {
    item.value["type"]?.string?.hasSuffix("-section") ?? false
  }

  /// The rules of a section, those of sections inside it included; a queue, since what a file nests
  /// has no bound.
  private static func flatten(_ item: Item) -> [Item] {
    guard isSection(item) else { return [item] }
    var rules: [Item] = []
    var waiting = [item]
    while let next = waiting.popLast() {
      guard isSection(next) else {
        rules.append(next)
        continue
      }
      guard let list = next.value["rulebase"], list.isArray else { continue }
      waiting += list.elements.map { Item(value: $0, file: item.file) }.reversed()
    }
    return rules
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
