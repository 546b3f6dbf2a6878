/// Puts pages of one list in order and says where some are missing.
///
/// Numbers come from the export and may be anything: sums that do not fit count as the largest
/// number.
package struct Pages<Element> {
  /// A piece of the list.
  package enum Piece {
    case element(Element)
    /// Elements that are in no page, counted from 0; `upper` is nil where nobody knows how many.
    case gap(lower: Int, upper: Int?)
  }

  private struct Page {
    let start: Int
    let elements: [Element]
  }

  private var pages: [Page] = []
  private var total: Int?
  private var hasMore = false

  package init() {}

  /// - Parameters:
  ///   - start: number of the first element, counted from 0.
  ///   - total: how many there are in all, where the page says so.
  ///   - hasMore: whether the page says that others follow, without a number.
  package mutating func add(
    _ elements: [Element], start: Int, total: Int? = nil, hasMore: Bool = false
  ) {
    pages.append(Page(start: max(start, 0), elements: elements))
    if let total { self.total = max(self.total ?? 0, total) }
    if hasMore { self.hasMore = true }
  }

  package var isEmpty: Bool { pages.isEmpty }

  /// All elements in order, none twice, with the gaps.
  package var pieces: [Piece] {
    var result: [Piece] = []
    var next = 0
    for page in pages.sorted(by: { $0.start < $1.start }) {
      if page.start > next { result.append(.gap(lower: next, upper: page.start)) }
      // What an earlier page had already is the same element again.
      let skipped = min(max(next - page.start, 0), page.elements.count)
      result += page.elements.dropFirst(skipped).map { .element($0) }
      let (end, overflow) = page.start.addingReportingOverflow(page.elements.count)
      next = max(next, overflow ? .max : end)
    }
    if let total, total > next {
      result.append(.gap(lower: next, upper: total))
    } else if hasMore, total == nil {
      result.append(.gap(lower: next, upper: nil))
    }
    return result
  }
}

extension Pages.Piece: Sendable where Element: Sendable {}
