import JSONTree
import XMLTree

/// Words by which the files of a product can be told, also those that no importer reads; used only
/// to say what an unknown file resembles.
package struct ProductHallmarks: Sendable {
  /// What such a file is, such as `a configuration of Palo Alto PAN-OS`.
  package let what: String
  /// Names of elements, names of members, or beginnings of lines.
  package let words: Set<String>
  /// What to do to get a file that can be read.
  package let advice: String

  package init(_ what: String, _ words: Set<String>, advice: String) {
    self.what = what
    self.words = words
    self.advice = advice
  }

  /// The best of several products for one document, with what speaks for it.
  struct Resemblance {
    let product: ProductHallmarks
    let found: [String]

    /// `` `vsys` and `rulebase` ``.
    var reason: String {
      let shown = found.prefix(3).map { "`\($0)`" }
      guard let last = shown.last else { return "" }
      return shown.count == 1 ? last : shown.dropLast().joined(separator: ", ") + " and " + last
    }
  }

  /// One word alone is chance.
  private static let enough = 2

  static func closest(to document: ExportDocument, of products: [ProductHallmarks]) -> Resemblance?
  {
    let best: Resemblance?
    switch document.body {
    case .xml(let tree): best = closest(names(tree), products)
    case .json(let tree): best = closest(names(tree), products)
    case .bytes: best = document.text.flatMap { closest(lines: $0, products) }
    }
    return best.flatMap { $0.found.count >= enough ? $0 : nil }
  }

  private static func closest(_ names: [String], _ products: [ProductHallmarks]) -> Resemblance? {
    var best: Resemblance?
    for product in products {
      let found = names.filter(product.words.contains)
      if found.count > best?.found.count ?? 0 {
        best = Resemblance(product: product, found: found)
      }
    }
    return best
  }

  /// How much of a document is looked at.
  private static let limit = 50_000

  /// Names of elements in the order in which they first occur.
  private static func names(_ tree: XMLTree) -> [String] {
    var seen: Set<String> = []
    var result: [String] = []
    var count = 0
    for element in tree.root.descendants {
      count += 1
      guard count <= limit else { break }
      if seen.insert(element.name).inserted { result.append(element.name) }
    }
    return seen.contains(tree.root.name) ? result : [tree.root.name] + result
  }

  /// Names of members, level by level.
  private static func names(_ tree: JSONTree) -> [String] {
    var seen: Set<String> = []
    var result: [String] = []
    var waiting = tree.tops
    var next = 0
    while next < waiting.count, next < limit {
      let value = waiting[next]
      next += 1
      if value.isArray {
        waiting += value.elements.prefix(100)
      } else if value.isObject {
        for (key, inner) in value.members {
          if seen.insert(key).inserted { result.append(key) }
          if inner.isArray || inner.isObject { waiting.append(inner) }
        }
      }
    }
    return result
  }

  /// Each line, without its indentation, is compared with the words that have its first byte.
  private static func closest(
    lines text: ArraySlice<UInt8>, _ products: [ProductHallmarks]
  ) -> Resemblance? {
    var byFirst: [UInt8: [(product: Int, word: String)]] = [:]
    for (number, product) in products.enumerated() {
      for word in product.words {
        if let first = word.utf8.first { byFirst[first, default: []].append((number, word)) }
      }
    }
    var found: [Int: Set<String>] = [:]
    for line in text.prefix(200_000).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let start = line.drop { $0 == 0x20 || $0 == 0x09 }
      guard let first = start.first, let candidates = byFirst[first] else { continue }
      for (product, word) in candidates where start.starts(with: word.utf8) {
        found[product, default: []].insert(word)
      }
    }
    var best: Resemblance?
    for (number, product) in products.enumerated() {
      guard let words = found[number], words.count > best?.found.count ?? 0 else { continue }
      best = Resemblance(product: product, found: words.sorted())
    }
    return best
  }
}
