import CLibXML2

/// Reads hostile XML into an ``XMLTree``, with bounds on everything that can grow.
///
/// libxml2's SAX interface is used instead of its pull reader: the reader builds and frees a node
/// for each event and measured about half as fast, and the tree needs nothing but the events.
/// No network, no DTD, no external or internal entity beyond the five predefined ones: a
/// declaration is parsed and forgotten, a use of one is an error with its line.
package struct XMLReader: Sendable {
  package struct Limits: Sendable {
    package var depth = 250
    package var elements = 20_000_000
    /// Bytes of character data and attribute values kept altogether.
    package var text = 1 << 30
    /// Bytes of character data in one element.
    package var textOfOneElement = 10_000_000

    package init() {}
  }

  package var limits = Limits()
  /// Names of elements whose contents are left out: bulk data, and places that hold secrets only.
  package var prunedNames: Set<String> = []

  package init(prunedNames: Set<String> = []) { self.prunedNames = prunedNames }

  /// Reads a document by its declared encoding; where that fails, as UTF-8, then as
  /// windows-1252, and says so in ``XMLTree/readingNote``: declarations lie in real exports.
  package func read(_ bytes: [UInt8]) throws(XMLReadError) -> XMLTree {
    guard !bytes.isEmpty else { throw XMLReadError(.empty, "the file is empty") }
    do throws(XMLReadError) {
      return try parse(bytes, ignoreDeclaredEncoding: false, note: nil)
    } catch {
      // A conversion that stops half-way looks like a truncated document to the parser.
      guard error.code == .encoding || Self.declaresOddEncoding(bytes) else { throw error }
      if Self.isUTF8(bytes) {
        return try parse(
          bytes, ignoreDeclaredEncoding: true,
          note: "the declared encoding does not fit the bytes; read as UTF-8")
      }
      return try parse(
        Windows1252.utf8(bytes), ignoreDeclaredEncoding: true,
        note: "the declared encoding does not fit the bytes; read as windows-1252")
    }
  }

  private func parse(
    _ bytes: [UInt8], ignoreDeclaredEncoding: Bool, note: String?
  ) throws(XMLReadError) -> XMLTree {
    var collector = XMLCollector(limits: limits, prunedNames: prunedNames)
    let outcome: Result<Void, XMLReadError> = bytes.withUnsafeBufferPointer { buffer in
      var source = ByteSource(base: buffer.baseAddress, count: buffer.count, position: 0)
      return withUnsafeMutablePointer(to: &source) { source in
        withUnsafeMutablePointer(to: &collector) { collector in
          Self.run(collector, source: source, ignoreDeclaredEncoding: ignoreDeclaredEncoding)
        }
      }
    }
    try outcome.get()
    guard !collector.storage.nodes.isEmpty else {
      throw XMLReadError(.empty, "the document has no element")
    }
    return XMLTree(collector.storage, readingNote: note)
  }

  private static func run(
    _ collector: UnsafeMutablePointer<XMLCollector>, source: UnsafeMutablePointer<ByteSource>,
    ignoreDeclaredEncoding: Bool
  ) -> Result<Void, XMLReadError> {
    var handler = xmlSAXHandler()
    handler.initialized = UInt32(XML_SAX2_MAGIC)
    handler.startElementNs = { context, name, _, _, _, _, count, _, attributes in
      XMLCollector.from(context).pointee.start(name, attributes: attributes, count: Int(count))
    }
    handler.endElementNs = { context, _, _, _ in XMLCollector.from(context).pointee.end() }
    handler.characters = { context, bytes, count in
      XMLCollector.from(context).pointee.characters(bytes, Int(count))
    }
    handler.cdataBlock = { context, bytes, count in
      XMLCollector.from(context).pointee.characters(bytes, Int(count))
    }
    handler.getEntity = { _, name in xmlGetPredefinedEntity(name) }
    handler.serror = { context, error in
      guard let context, let error else { return }
      let found = error.pointee
      guard found.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
      XMLCollector.from(context).pointee.fail(
        code: found.code, message: found.message.map { String(cString: $0) } ?? "unreadable",
        line: Int(found.line), column: Int(found.int2))
    }
    sallyport_silence_parser()
    let context = xmlCreateIOParserCtxt(
      &handler, collector,
      { pointer, buffer, count in
        guard let pointer, let buffer else { return -1 }
        return pointer.assumingMemoryBound(to: ByteSource.self).pointee
          .read(into: buffer, count: Int(count))
      }, nil, source, XML_CHAR_ENCODING_NONE)
    guard let context else {
      return .failure(XMLReadError(.notWellFormed, "the parser could not be started"))
    }
    defer { xmlFreeParserCtxt(context) }
    var options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue
    options |= XML_PARSE_NOWARNING.rawValue
    if ignoreDeclaredEncoding { options |= XML_PARSE_IGNORE_ENC.rawValue }
    xmlCtxtUseOptions(context, Int32(options))
    collector.pointee.context = context
    xmlParseDocument(context)
    if let failure = collector.pointee.failure { return .failure(failure) }
    if context.pointee.wellFormed == 0 {
      return .failure(
        XMLReadError(.notWellFormed, "not well-formed XML", line: collector.pointee.currentLine))
    }
    return .success(())
  }

  /// Whether the XML declaration names an encoding other than UTF-8 and UTF-16.
  private static func declaresOddEncoding(_ bytes: [UInt8]) -> Bool {
    let head = String(decoding: bytes.prefix(200), as: UTF8.self)
    guard head.contains("<?xml"), let end = head.firstRange(of: "?>"),
      let start = head.firstRange(of: "encoding="), start.lowerBound < end.lowerBound
    else { return false }
    let name = head[start.upperBound..<end.lowerBound].drop { $0 == "\"" || $0 == "'" }
    return !name.lowercased().hasPrefix("utf")
  }

  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }
}

/// What the parser reads from; lives on the stack of the call.
private struct ByteSource {
  let base: UnsafePointer<UInt8>?
  let count: Int
  var position: Int

  mutating func read(into buffer: UnsafeMutablePointer<CChar>, count wanted: Int) -> Int32 {
    let size = min(wanted, count - position)
    guard size > 0, let base else { return 0 }
    UnsafeMutableRawPointer(buffer).copyMemory(from: base + position, byteCount: size)
    position += size
    return Int32(size)
  }
}
