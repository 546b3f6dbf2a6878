import PolicyModel

/// The importers of a program, and the way from bytes to policies.
package struct ImporterRegistry: Sendable {
  package let importers: [any ExportImporter]
  /// What files resemble that no importer knows.
  private var products: [ProductHallmarks] = []

  package init(_ importers: [any ExportImporter]) { self.importers = importers }

  /// The same importers, which compare what they do not know with products.
  package func naming(_ products: [ProductHallmarks]) -> ImporterRegistry {
    var registry = self
    registry.products = products
    return registry
  }

  package func importer(for id: String) -> (any ExportImporter)? {
    importers.first { $0.format.id == id }
  }

  /// A read export with the importer that read it.
  package struct Outcome: Sendable {
    package let format: ImportFormat
    package let export: ImportedExport
  }

  /// Reads the files of one device.
  ///
  /// Among several files those that no importer knows are passed over with a note, since folders
  /// hold other things too. A file that several importers know (a list of networks, say) goes with
  /// the others. Fails where a file cannot be parsed, nothing is recognised, or the files belong to
  /// different products.
  package func read(_ files: [ExportFile]) throws(ImportError) -> Outcome {
    var documents: [ExportDocument] = []
    var possible: [any ExportImporter] = []
    var passedOver: [ImportError] = []
    var seen: Set<[UInt8]> = []
    for file in files {
      let document: ExportDocument
      let found: [any ExportImporter]
      do throws(ImportError) {
        document = try self.document(file)
        found = try importers(recognising: document)
      } catch {
        guard files.count > 1, error.code == .notRecognised else { throw error }
        passedOver.append(error)
        continue
      }
      let common =
        documents.isEmpty
        ? found : possible.filter { one in found.contains { $0.format.id == one.format.id } }
      if common.isEmpty, let first = possible.first {
        throw ImportError(
          .mixed, file: file.name,
          reason: "this is \(found[0].format.product), but \(documents.first?.file ?? "") is "
            + "\(first.format.product)", advice: "give the files of one device at a time")
      }
      possible = common
      // The same bytes given twice are one file, unless its name says what it is.
      let isCopy = files.count > 1 && !seen.insert(file.bytes).inserted
      if !isCopy || common.contains(where: \.fileNamesMatter) { documents.append(document) }
    }
    guard let chosen = possible.first else {
      throw passedOver.first
        ?? ImportError(.incomplete, file: "-", reason: "no file was given")
    }
    var export = try chosen.read(documents)
    let names = documents.map(\.file) + passedOver.map(\.file)
    var readingNotes: [Note] = []
    for (number, document) in documents.enumerated() {
      for note in document.readingNotes {
        readingNotes.append(Note(.reading, note, at: SourcePosition(file: number, line: 1)))
      }
    }
    // Notes point at files by number: a file name in their text would make the policy another one
    // whenever the export is saved under another name.
    for (number, error) in passedOver.enumerated() {
      readingNotes.append(
        Note(
          .reading, "a file was passed over: \(error.reason)",
          at: SourcePosition(file: documents.count + number, line: 1)))
    }
    let standing = chosen.format.notInExport.map { [Note(.completeness, $0)] } ?? []
    for index in export.policies.indices {
      export.policies[index].notes += standing
      // A policy in neutral JSON counts the files of the export from which it was made.
      let own = export.policies[index].files.count
      if own == 0 || !readingNotes.isEmpty { export.policies[index].files += names }
      export.policies[index].notes += readingNotes.map { note in
        var note = note
        note.position?.file += own
        return note
      }
      Redaction.redact(&export.policies[index])
    }
    return Outcome(format: chosen.format, export: export)
  }

  /// Parses one file, leaving out what no importer for its root element reads.
  package func document(_ file: ExportFile) throws(ImportError) -> ExportDocument {
    try ExportDocument(file) { root in
      let candidates = importers.filter { $0.xmlRoots.contains(root) }
      guard let first = candidates.first else { return [] }
      return candidates.dropFirst().reduce(first.prunedXMLNames) {
        $0.intersection($1.prunedXMLNames)
      }
    }
  }

  /// Every importer that knows a document, never none.
  private func importers(
    recognising document: ExportDocument
  ) throws(ImportError) -> [any ExportImporter] {
    var found: [any ExportImporter] = []
    var almost: [(any ExportImporter, String, String)] = []
    for importer in importers {
      switch importer.recognise(document) {
      case .yes: found.append(importer)
      case .almost(let reason, let advice): almost.append((importer, reason, advice))
      case .no: break
      }
    }
    if !found.isEmpty { return found }
    if let (importer, reason, advice) = almost.first {
      throw ImportError(
        .wrongKind, file: document.file,
        reason: "not readable as \(importer.format.product): \(reason)", advice: advice)
    }
    let shape: String
    switch document.body {
    case .xml(let tree): shape = "XML with the root element `\(tree.root.name)`"
    case .json(let tree):
      if tree.root.isObject {
        let keys = tree.root.members.prefix(4).map { "`\($0.key)`" }.joined(separator: ", ")
        shape = keys.isEmpty ? "an empty JSON object" : "a JSON object with \(keys)"
      } else {
        shape = tree.root.isArray ? "a JSON array" : "a single JSON value"
      }
    case .bytes(let bytes): shape = FileKind.describe(bytes)
    }
    guard let closest = ProductHallmarks.closest(to: document, of: products) else {
      throw ImportError(
        .notRecognised, file: document.file, position: "1",
        reason: "not recognised: \(shape) is no known export",
        advice: "`sallyport formats` lists the exports that can be read")
    }
    throw ImportError(
      .notRecognised, file: document.file, position: "1",
      reason: "not recognised: \(shape) is no known export; closest is \(closest.product.what), "
        + "because it has \(closest.reason)", advice: closest.product.advice)
  }
}
