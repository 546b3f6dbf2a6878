import CatalogueReaders
import EndpointCatalogue
import Reports

/// A reading for people: how many words of each class, the nearest edition and what differs, then
/// the questions.
package enum ReadingText {
  package static func text(_ reading: PageReading, width: Int) -> String {
    var lines = PlainText.wrap(
      PlainText.safe("\(reading.file): \(reading.title)"), width: width)
    var about = ["\(reading.rows.count) rows"]
    if let date = reading.date { about.append("dated \(date)") }
    if let locale = reading.locale { about.append(locale) }
    if reading.encoding != "UTF-8" { about.append(reading.encoding) }
    lines += PlainText.wrap(PlainText.safe(about.joined(separator: ", ")), width: width)
    lines += PlainText.wrap(
      "\(reading.tokens.count) host names in the page: \(reading.count(.row)) rows, "
        + "\(reading.count(.citation)) cited, \(reading.count(.link)) in links, "
        + "\(reading.count(.path)) in paths and file names, "
        + "\(reading.count(.question)) to be asked", width: width)
    lines += difference(reading, width: width)
    if !reading.questions.isEmpty {
      lines.append("")
      lines.append("Questions:")
      for question in reading.questions {
        let head = "\(question.number). "
        let place = question.token.isEmpty ? "" : "line \(question.line), `\(question.token)`: "
        let text = PlainText.safe(
          "\(place)\(question.asks) Proposal: \(question.proposal)")
        for (index, line) in PlainText.wrap(text, width: width - head.count).enumerated() {
          lines.append((index == 0 ? head : String(repeating: " ", count: head.count)) + line)
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func difference(_ reading: PageReading, width: Int) -> [String] {
    guard let nearest = reading.nearest else {
      return ["no known edition is like it"]
    }
    if nearest.isSame { return ["the same rows as \(nearest.edition.reference)"] }
    let diff = CatalogueDiff(
      from: nearest.edition,
      to: reading.catalogue(id: nearest.edition.id, version: "this page"))
    var lines = ["nearest edition: \(nearest.edition.reference); what differs:"]
    lines += CatalogueText.changes(diff, width: width)
    return lines
  }
}
