import JSONTree
import ScalarText
import XMLTree

/// One file of an export, parsed as far as its syntax goes.
package struct ExportDocument: Sendable {
  package enum Body: Sendable {
    case xml(XMLTree)
    case json(JSONTree)
    /// Neither of the two: configuration text, or a binary format of its own.
    case bytes([UInt8])
  }

  package var file: String
  package var body: Body
  /// How the bytes were read, where the reader should know (encoding, comment lines).
  package var readingNotes: [String]

  package var xml: XMLElement? {
    if case .xml(let tree) = body { tree.root } else { nil }
  }

  package var json: JSONTree? {
    if case .json(let tree) = body { tree } else { nil }
  }

  /// The bytes of a file that is neither XML nor JSON.
  package var bytes: [UInt8]? {
    if case .bytes(let bytes) = body { bytes } else { nil }
  }

  /// The bytes of a text file, UTF-16 decoded, without byte-order mark; nil where the file is not
  /// text.
  package var text: ArraySlice<UInt8>? {
    guard let bytes else { return nil }
    let decoded = TextEncoding.utf16(bytes) ?? bytes
    guard !decoded.contains(0) else { return nil }
    return decoded[(decoded.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)...]
  }

  /// The lines of a text file, UTF-16 decoded, without line ends; nil where the file is not text.
  /// They end with LF or CR LF and at no other line end of Unicode, as the firewalls read them.
  package var lines: [Substring]? {
    text.map { ScalarText.separated(decoding: $0).lineFeedLines }
  }

  /// Parses a file by what its first bytes show.
  ///
  /// - Parameter prunedNames: given the name of the root element, the XML elements whose contents
  ///   no importer for such a root reads.
  package init(
    _ file: ExportFile, prunedNames: (String) -> Set<String>
  ) throws(ImportError) {
    self.file = file.name
    readingNotes = []
    switch FileKind(file.bytes) {
    case .empty:
      throw ImportError(.malformed, file: file.name, reason: "the file is empty")
    case .known(let what, let advice):
      throw ImportError(
        .wrongKind, file: file.name, reason: "this is \(what), not an export that can be read",
        advice: advice)
    case .foreign(let what, let advice):
      throw ImportError(
        .notRecognised, file: file.name, position: "1",
        reason: "not recognised: this is \(what), and no export", advice: advice)
    case .xml:
      let root = FileKind.rootElementName(file.bytes) ?? ""
      do throws(XMLReadError) {
        let tree = try XMLReader(prunedNames: prunedNames(root)).read(file.bytes)
        body = .xml(tree)
        if let note = tree.readingNote { readingNotes.append(note) }
      } catch {
        throw ImportError(error, file: file.name)
      }
    case .json:
      var text = file.bytes
      if let decoded = TextEncoding.utf16(text) {
        text = decoded
        readingNotes.append("read as UTF-16")
      }
      if text.starts(with: [0xEF, 0xBB, 0xBF]) {
        text.replaceSubrange(0..<3, with: [0x20, 0x20, 0x20])
      }
      let comments = TextEncoding.blankLeadingComments(&text)
      if comments > 0 {
        readingNotes.append("\(comments) comment line(s) before the JSON text were passed over")
      }
      do throws(JSONReadError) {
        body = .json(try JSONTree(text))
      } catch {
        // Some people annotate what they saved. A JSON text has no line break inside a string, so a
        // line that starts with a comment sign is never part of one.
        let inside = TextEncoding.blankCommentLines(&text)
        guard inside > 0, let tree = try? JSONTree(text) else {
          throw ImportError(error, file: file.name)
        }
        body = .json(tree)
        readingNotes.append("\(inside) comment line(s) inside the JSON text were passed over")
      }
    case .unknown: body = .bytes(file.bytes)
    }
  }
}

extension ImportError {
  init(_ error: XMLReadError, file: String) {
    let position =
      error.column > 0 ? "\(error.line):\(error.column)" : (error.line > 0 ? "\(error.line)" : "")
    let code: Code = error.code == .tooLarge || error.code == .tooDeep ? .tooLarge : .malformed
    self.init(
      code, file: file, position: position, reason: "not readable as XML: \(error.reason)",
      advice: code == .malformed ? "export the file again and compare its size" : "")
  }

  init(_ error: JSONReadError, file: String) {
    let position = error.line > 0 ? "\(error.line):\(error.column)" : ""
    let code: Code = error.code == .tooLarge || error.code == .tooDeep ? .tooLarge : .malformed
    self.init(
      code, file: file, position: position, reason: "not readable as JSON: \(error.reason)",
      advice: code == .malformed ? "export the file again and compare its size" : "")
  }
}
