import ScalarText

/// What a file is, told from its first bytes and never from its name.
enum FileKind: Equatable {
  case empty
  case xml
  case json
  /// What may hold an export, and cannot be read as it is.
  case known(String, advice: String)
  /// Something with a name of its own that is no export of any product.
  case foreign(String, advice: String)
  /// Anything else.
  case unknown

  init(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else {
      self = .empty
      return
    }
    for (signature, what, advice) in Self.signatures where bytes.starts(with: signature) {
      self = .known(what, advice: advice)
      return
    }
    for (signature, what, advice) in Self.foreignSignatures where bytes.starts(with: signature) {
      self = .foreign(what, advice: advice)
      return
    }
    let head = Self.text(bytes.prefix(4096))
    let start = head.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if start.isEmpty, bytes.count <= 4096 {
      self = .empty
    } else if Self.isWebPage(start, bytes) {
      self = .foreign(
        "a web page (`html`), perhaps a report or the page for signing in",
        advice: "save the export itself, not a page that shows it")
    } else if start.hasPrefix("<") {
      self = .xml
    } else if start.hasPrefix("{") || start.hasPrefix("[") {
      self = .json
    } else if start.hasPrefix("#") || start.hasPrefix("//"), Self.jsonFollows(start) {
      self = .json
    } else if start.hasPrefix("---- BEGIN config.xml ----") || start.hasPrefix("---- BEGIN") {
      self = .known(
        "an encrypted pfSense or OPNsense backup",
        advice: "make the backup again without the encryption option")
    } else {
      self = .unknown
    }
  }

  private static func isWebPage(_ start: Substring, _ bytes: [UInt8]) -> Bool {
    let head = start.prefix(16).lowercased()
    return head.hasPrefix("<!doctype html") || head.hasPrefix("<html")
      || head.hasPrefix("<?xml") && rootElementName(bytes)?.lowercased() == "html"
  }

  private static let signatures: [([UInt8], String, String)] = [
    ([0x1F, 0x8B], "a gzip archive", "unpack it and give the file inside"),
    ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unpack it and give the file inside"),
    ([0x42, 0x5A, 0x68], "a bzip2 archive", "unpack it and give the file inside"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz archive", "unpack it and give the file inside"),
    (Array("Salted__".utf8), "an OpenSSL-encrypted file", "export it without encryption"),
    (Array("SQLite format 3\0".utf8), "a SQLite database", "give it with --db"),
  ]

  private static let foreignSignatures: [([UInt8], String, String)] = [
    (Array("%PDF".utf8), "a PDF document", "export the configuration, not a report"),
    ([0x7F, 0x45, 0x4C, 0x46], "a program", ""),
    ([0xD4, 0xC3, 0xB2, 0xA1], "a packet capture", "give the configuration, not the traffic"),
    ([0x0A, 0x0D, 0x0D, 0x0A], "a packet capture", "give the configuration, not the traffic"),
    (
      [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old Office document",
      "export the configuration, not a report"
    ),
    (Array("ElfFile\0".utf8), "an event log of Windows", "give the policy of the firewall"),
  ]

  /// The name of the root element, found without a parser so that the parser can be told what to
  /// leave out; nil where the first 64 KiB do not show it.
  static func rootElementName(_ bytes: [UInt8]) -> String? {
    let text = Self.text(bytes.prefix(65_536))
    var rest = text[...]
    while let open = rest.firstIndex(of: "<") {
      rest = rest[rest.index(after: open)...]
      if rest.hasPrefix("!--") {
        guard let end = rest.firstRange(of: "-->") else { return nil }
        rest = rest[end.upperBound...]
      } else if rest.hasPrefix("?") || rest.hasPrefix("!") {
        continue
      } else {
        let name = rest.prefix { !$0.isWhitespace && $0 != ">" && $0 != "/" }
        return name.split(separator: ":").last.map(String.init)
      }
    }
    return nil
  }

  private static func jsonFollows(_ start: Substring) -> Bool {
    for line in start.lineFeedLines {
      let text = line.drop(while: \.isWhitespace)
      if text.isEmpty || text.hasPrefix("#") || text.hasPrefix("//") { continue }
      return text.hasPrefix("{") || text.hasPrefix("[")
    }
    return false
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    if let decoded = TextEncoding.utf16(Array(bytes)) {
      return String(decoding: decoded, as: UTF8.self)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// How a file starts, for a message about it.
  static func describe(_ bytes: [UInt8]) -> String {
    let head = Array(bytes.prefix(256))
    var scalars = Array(
      (TextEncoding.utf16(head).map { String(decoding: $0, as: UTF8.self) }
        ?? String(decoding: head, as: UTF8.self)).unicodeScalars)
    // The last letter may have been cut.
    if bytes.count > head.count, scalars.last == "\u{FFFD}" { scalars.removeLast() }
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    let isText = scalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x09, 0x0A, 0x0C, 0x0D: true
      case 0..<0x20, 0x7F..<0xA0, 0xFFFD: false
      default: true
      }
    }
    guard isText else { return "binary data" }
    let line = scalars.drop { $0.properties.isWhitespace }.prefix { $0 != "\n" && $0 != "\r" }
    let start = String(String.UnicodeScalarView(line.prefix(24)))
    return "text starting `\(start)\(line.count > 24 ? "…" : "")`"
  }
}
