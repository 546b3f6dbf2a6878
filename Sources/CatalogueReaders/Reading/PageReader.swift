import EndpointCatalogue

/// Reads a published page as a list of endpoints, in any layout and language.
///
/// What decides is where a host stands: in the column of a table that is made of hosts, or, where
/// a page has no such table, alone on its line among lines of its kind. What the words around it
/// say is never asked, since pages are translated, mostly by machines; ports are told by digits,
/// services by the rows that editions know.
package struct PageReader {
  private let editions: [Catalogue]
  private let answers: ReadingAnswers

  /// - Parameter editions: what is known so far; the reading is compared with the nearest.
  package init(editions: [Catalogue], answers: ReadingAnswers = ReadingAnswers()) {
    self.editions = editions
    self.answers = answers
  }

  package func read(
    _ bytes: [UInt8], file: String, sha256: String
  ) throws(CatalogueError) -> PageReading {
    let page = try PageText(bytes, file: file)
    // The scanner hands out units one by one, so that no page is held a second time.
    let box = CollectorBox(PageCollector(file: file))
    var scanner = PageScanner(page) { unit throws(CatalogueError) in
      try box.collector.add(unit)
    }
    try scanner.scan()
    box.collector.end()
    let reading = reading(
      of: page, box.collector, editions: editions, file: file, sha256: sha256)
    // What other lists call their services is no knowledge about this one.
    guard let list = reading.list, editions.contains(where: { $0.id != list }) else {
      return reading
    }
    return self.reading(
      of: page, box.collector, editions: editions.filter { $0.id == list }, file: file,
      sha256: sha256)
  }

  private func reading(
    of page: PageText, _ collector: PageCollector, editions: [Catalogue], file: String,
    sha256: String
  ) -> PageReading {
    var classifier = TokenClassifier(
      page: page, collector: collector, editions: editions, answers: answers)
    var reading = PageReading(
      file: file, sha256: sha256, encoding: page.encoding.rawValue, title: "")
    classifier.classify(into: &reading)
    let metadata = collector.metadata
    reading.title = metadata.heading ?? metadata.title ?? classifier.firstLine ?? file
    reading.locale = metadata.locale
    reading.date = metadata.date
    reading.url = metadata.url
    var finisher = ReadingFinisher(
      editions: editions, answers: answers, collector: collector, reading: reading)
    return finisher.finish()
  }

  private final class CollectorBox {
    var collector: PageCollector
    init(_ collector: PageCollector) { self.collector = collector }
  }
}
