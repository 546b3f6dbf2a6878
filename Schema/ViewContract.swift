/// What the public views promise: the columns of each with their meaning, and an example.
///
/// The text is `views.txt`, from which the README's section and `sallyport sql --views` are made; a
/// test holds it against the views themselves.
package struct ViewContract: Hashable, Sendable {
  package struct Column: Hashable, Sendable {
    package let name: String
    package let meaning: String
  }

  package let view: String
  package let meaning: String
  package let columns: [Column]
  /// A query that shows what the view is good for.
  package let example: String

  /// Every public view, in the order of the text.
  package static let all: [ViewContract] = parse(
    String(decoding: PackageResources.views_txt, as: UTF8.self))

  /// Blocks between empty lines: `view: meaning`, then indented `column: meaning`, then an indented
  /// `> example`. The first block is an introduction.
  static func parse(_ text: String) -> [ViewContract] {
    var blocks: [[Substring]] = [[]]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { blocks.append([]) } else { blocks[blocks.count - 1].append(line) }
    }
    return blocks.dropFirst().compactMap { lines in
      guard let first = lines.first, let head = column(first) else { return nil }
      let body = lines.dropFirst().map { $0.dropFirst(2) }
      return ViewContract(
        view: head.name, meaning: head.meaning,
        columns: body.filter { !$0.hasPrefix("> ") }.compactMap { column($0) },
        example: body.first { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) } ?? "")
    }
  }

  private static func column(_ line: Substring) -> Column? {
    guard let range = line.firstRange(of: ": ") else { return nil }
    return Column(
      name: String(line[..<range.lowerBound]), meaning: String(line[range.upperBound...]))
  }
}
