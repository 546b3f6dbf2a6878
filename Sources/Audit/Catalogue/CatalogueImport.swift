import CatalogueReaders
import Digests
import EndpointCatalogue
import ImportKit
import Inventory

/// Takes a list into an inventory: a published page, Sallyport's own form, or another publisher's
/// file.
package struct CatalogueImport: Sendable {
  package var library: CatalogueLibrary
  package var answers = ReadingAnswers()
  /// Identifier of the list, where the file does not give it.
  package var id: String?
  /// Version that a person gives to a page which is an edited copy, or has no date.
  package var version: String?
  /// Day on which the page was seen.
  package var seen: String

  package init(library: CatalogueLibrary, seen: String) {
    self.library = library
    self.seen = seen
  }

  /// What an import comes to; nothing is stored before the whole of it is known.
  package enum Outcome: Sendable {
    /// An edition that is not known yet, with what to say about it.
    case edition(Catalogue, String)
    /// The page says what an edition says; nil where that edition is not the newest, so that the
    /// page says nothing of the present.
    case same(Catalogue, ListConfirmation?)
    /// Questions remain, and nothing is stored.
    case questions(PageReading)
  }

  package func outcome(of files: [ExportFile]) throws(CatalogueError) -> [Outcome] {
    var result: [Outcome] = []
    let lists = try ForeignLists.read(files, id: id, version: version, seen: seen)
    for catalogue in lists.catalogues { result.append(try own(catalogue, file: catalogue.id)) }
    for file in lists.rest {
      if Self.isJSON(file.bytes) {
        result.append(
          try own(try CatalogueJSON.read(file.bytes, file: file.name), file: file.name))
      } else {
        result.append(try page(file))
      }
    }
    return result
  }

  static func isJSON(_ bytes: [UInt8]) -> Bool {
    let first = bytes.first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }
    return first == 0x7B || first == 0x5B
  }

  // MARK: Sallyport's own form

  /// A list in the own form is its user's word. Under a publisher's name it can only add.
  private func own(_ catalogue: Catalogue, file: String) throws(CatalogueError) -> Outcome {
    if let known = library.catalogues.first(where: { $0.reference == catalogue.reference }) {
      if known.endpoints == catalogue.endpoints, known.statements == catalogue.statements {
        return .same(known, nil)
      }
      throw CatalogueError(
        file: file,
        reason: "edition \(catalogue.reference) is known with other contents; an edition never "
          + "changes: give the new one a version of its own, such as \(catalogue.version)-b")
    }
    let base =
      catalogue.id.hasSuffix(LocalAdditions.suffix)
      ? String(catalogue.id.dropLast(LocalAdditions.suffix.count)) : catalogue.id
    let isPublishers = try builtInIdentifiers().contains(base)
    guard isPublishers || base != catalogue.id else {
      return .edition(catalogue, "\(catalogue.endpoints.count) endpoints")
    }
    guard let newest = library.catalogues.last(where: { $0.id == base }) else {
      throw CatalogueError(
        file: file, position: "/id", reason: "`\(catalogue.id)` adds to `\(base)`, which is no list"
      )
    }
    var local = catalogue
    local.id = base + LocalAdditions.suffix
    local.endpoints = LocalAdditions.additions(of: catalogue, to: newest)
    let places = Set(catalogue.endpoints.map(\.identity.place))
    let kept = newest.endpoints.count { !places.contains($0.identity.place) }
    guard !local.endpoints.isEmpty else {
      throw CatalogueError(
        file: file,
        reason:
          "the file adds no row to \(newest.reference), and leaves out \(kept) of its rows: a "
          + "list of one's own may add to a publisher's; it drops rows by waiver only "
          + "(`sallyport waiver add`)")
    }
    if let known = library.catalogues.first(where: { $0.reference == local.reference }) {
      guard known.endpoints == local.endpoints else {
        throw CatalogueError(
          file: file, reason: "edition \(local.reference) is known with other contents")
      }
      return .same(known, nil)
    }
    return .edition(
      local,
      "\(local.endpoints.count) rows added to \(base)"
        + (kept > 0 ? "; the \(kept) rows that it leaves out stay required" : ""))
  }

  private func builtInIdentifiers() throws(CatalogueError) -> Set<String> {
    Set(try BuiltInCatalogues.all().map(\.id))
  }

  // MARK: Pages

  private func page(_ file: ExportFile) throws(CatalogueError) -> Outcome {
    let reading = try PageFiles.read(
      file.bytes, file: file.name, library: library, answers: answers)
    guard !reading.rows.isEmpty else {
      throw CatalogueError(
        file: file.name,
        reason: "no row of a list was found; `sallyport catalogue read` shows what was")
    }
    // A version that a person gives says when a page without a date was published.
    let open = reading.questions.filter { $0.kind != .date || version == nil }
    guard open.isEmpty else { return .questions(reading) }
    if let nearest = reading.nearest, nearest.isSame, statementsAgree(reading, nearest.edition) {
      let newest = library.catalogues.last { $0.id == nearest.edition.id }
      let isNewest = newest?.reference == nearest.edition.reference
      return .same(
        nearest.edition,
        isNewest
          ? ListConfirmation(edition: nearest.edition.reference, on: seen, sha256: reading.sha256)
          : nil)
    }
    return try edition(reading)
  }

  private func statementsAgree(_ reading: PageReading, _ edition: Catalogue) -> Bool {
    // Those that are told by structure or taken from the original language.
    [StatementKey.blobNoInspectionExclusion, .allowRuleExcludesBlob].allSatisfy { key in
      guard let said = reading.statements[key.rawValue] else { return true }
      return said == (edition.statements[key.rawValue] ?? .flag(false))
    }
  }

  private func edition(_ reading: PageReading) throws(CatalogueError) -> Outcome {
    let id =
      self.id ?? reading.list ?? answers.answer(.list)
      ?? PageIdentifier.slug(reading.title)
    guard let version = version ?? reading.date else {
      throw CatalogueError(
        file: reading.file,
        reason: "the page has no date: say which edition it is with --version 2026-01-31")
    }
    guard CatalogueVersion.isValid(version) else {
      throw CatalogueError(
        file: reading.file, reason: "`\(version)` is no version such as 2026-01-31")
    }
    let nearest = reading.nearest?.edition
    if self.version == nil,
      let known = library.catalogues.first(where: {
        $0.id == id && ($0.published == version || $0.version == version)
      })
    {
      throw CatalogueError(
        file: reading.file,
        reason: "the page has the date of \(known.reference) and other rows or statements: an "
          + "edited copy? If it is an edition of its own, give it --version \(version)-b")
    }
    var catalogue = reading.catalogue(id: id, version: version)
    let day = reading.date ?? String(version.prefix(10))
    catalogue.published = day
    catalogue.effective = day
    catalogue.dates = [
      "published": CatalogueDate(
        from: day, to: day,
        source: reading.date == nil ? "the version that was given" : "the page's own date"),
      "first_seen": CatalogueDate(from: seen, to: seen, source: "import of the page"),
    ]
    catalogue.answers = answers.answers.map {
      CatalogueAnswer(
        kind: $0.kind.rawValue, token: $0.token, answer: $0.answer, by: answers.by, on: answers.on)
    }
    name(&catalogue, from: nearest, locale: reading.locale)
    // What the own form could not hold must not be held in another way either.
    let stored = try CatalogueJSON.read(CatalogueJSON.write(catalogue), file: reading.file)
    return .edition(stored, "\(stored.endpoints.count) rows" + differences(stored, nearest))
  }

  private func differences(_ catalogue: Catalogue, _ nearest: Catalogue?) -> String {
    guard let nearest else { return "" }
    let count = CatalogueDiff(from: nearest, to: catalogue).changes.count
    return ", \(count) of them or of the rows before differ from \(nearest.reference)"
  }

  /// Services get the names and rows the notes that the nearest edition has for them; new ones what
  /// the page prints, under an identifier made of it.
  private func name(_ catalogue: inout Catalogue, from nearest: Catalogue?, locale: String?) {
    var identifiers: [String: String] = [:]
    let language = String((locale ?? "en").prefix { $0 != "-" })
    catalogue.services = catalogue.services.map { service in
      if let known = nearest?.service(service.id) { return known }
      let id = PageIdentifier.slug(service.id)
      identifiers[service.id] = id
      let title = service.names["en"] ?? id
      return CatalogueService(
        id: id, names: language == "en" ? ["en": title] : ["en": title, language: title])
    }
    var known: [EndpointIdentity: Endpoint] = [:]
    for endpoint in nearest?.endpoints ?? [] { known[endpoint.identity] = endpoint }
    for index in catalogue.endpoints.indices {
      let service = catalogue.endpoints[index].service
      catalogue.endpoints[index].service = identifiers[service] ?? service
      if let twin = known[catalogue.endpoints[index].identity] {
        catalogue.endpoints[index].inspection = twin.inspection
        if twin.portsRequired == catalogue.endpoints[index].portsRequired {
          catalogue.endpoints[index].note = twin.note
        }
      }
    }
  }
}
