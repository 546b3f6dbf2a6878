/// The part of the usual regular-expression syntax that is a regular language.
///
/// Literals, escapes, `.`, classes, groups, alternation, `* + ? {m,n}`, and `^ $` at the ends of
/// an alternative. Back-references, look-around, word boundaries and inline flags are refused, so
/// that an importer reports them as a condition instead of approximating them.
package struct RegularExpression: Hashable, Sendable {
  /// The expression as the export has it.
  package let source: String
  private let alternatives: [Alternative]

  private struct Alternative: Hashable, Sendable {
    var body: LanguageExpression
    var anchoredStart: Bool
    var anchoredEnd: Bool
  }

  /// Why an expression cannot be decided exactly.
  package struct Unsupported: Error, Equatable, Sendable {
    /// Offset in UTF-8 bytes.
    package let offset: Int
    package let reason: String
  }

  /// - Parameter ignoringCase: whether letters match both cases, as most URL filters do.
  package init(_ source: String, ignoringCase: Bool = true) throws(Unsupported) {
    self.source = source
    var parser = Parser(bytes: Array(source.utf8), ignoringCase: ignoringCase)
    var parsed: [Alternative] = []
    repeat {
      let anchoredStart = parser.take(0x5E)
      let body = try parser.sequence(depth: 0)
      let anchoredEnd = parser.take(0x24)
      parsed.append(
        Alternative(
          body: ignoringCase ? body.ignoringCase : body, anchoredStart: anchoredStart,
          anchoredEnd: anchoredEnd))
    } while parser.take(0x7C)
    guard parser.atEnd else {
      throw Unsupported(offset: parser.index, reason: "unexpected character")
    }
    alternatives = parsed
    guard expression(over: .printable).size(limit: Automaton.sizeLimit) != nil else {
      throw Unsupported(offset: 0, reason: "expression too large")
    }
  }

  /// The texts over `set` in which the expression matches somewhere.
  package func expression(over set: ByteSet) -> LanguageExpression {
    .choice(
      alternatives.map { alternative in
        .sequence([
          alternative.anchoredStart ? .empty : .many(set), alternative.body,
          alternative.anchoredEnd ? .empty : .many(set),
        ])
      })
  }

  private struct Parser {
    /// The highest bound of a counted repetition.
    static let countLimit = 255

    let bytes: [UInt8]
    let ignoringCase: Bool
    var index = 0

    var atEnd: Bool { index >= bytes.count }
    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
      guard peek == byte else { return false }
      index += 1
      return true
    }

    func refuse(_ reason: String) -> Unsupported { Unsupported(offset: index, reason: reason) }

    mutating func sequence(depth: Int) throws(Unsupported) -> LanguageExpression {
      guard depth < 64 else { throw refuse("groups nested too deeply") }
      var parts: [LanguageExpression] = []
      while let byte = peek, byte != 0x7C, byte != 0x29 {
        if byte == 0x24 {
          // `$` ends an alternative at the top; inside a group it would anchor half a language.
          guard depth == 0, index + 1 == bytes.count || bytes[index + 1] == 0x7C else {
            throw refuse("`$` inside the expression")
          }
          break
        }
        let atom = try atom(depth: depth)
        parts.append(try quantified(atom))
      }
      return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    mutating func atom(depth: Int) throws(Unsupported) -> LanguageExpression {
      guard let byte = peek else { throw refuse("unexpected end") }
      index += 1
      switch byte {
      case 0x2E: return .bytes(.printable)
      case 0x5B: return .bytes(try characterClass())
      case 0x28:
        if take(0x3F) {
          guard take(0x3A) else { throw refuse("look-around or inline flag") }
        }
        var choices = [try sequence(depth: depth + 1)]
        while take(0x7C) { choices.append(try sequence(depth: depth + 1)) }
        guard take(0x29) else { throw refuse("group without an end") }
        return choices.count == 1 ? choices[0] : .choice(choices)
      case 0x5C: return .bytes(try escape())
      case 0x5E: throw refuse("`^` inside the expression")
      case 0x2A, 0x2B, 0x3F, 0x7B: throw refuse("nothing to repeat")
      default:
        guard byte < 0x80 else { throw refuse("character beyond ASCII") }
        return .bytes(ByteSet(CollectionOfOne(byte)))
      }
    }

    mutating func quantified(
      _ atom: LanguageExpression
    ) throws(Unsupported) -> LanguageExpression {
      guard let byte = peek else { return atom }
      var bounds: (Int, Int?)
      switch byte {
      case 0x2A: bounds = (0, nil)
      case 0x2B: bounds = (1, nil)
      case 0x3F: bounds = (0, 1)
      case 0x7B:
        index += 1
        bounds = try counts()
        index -= 1
      default: return atom
      }
      index += 1
      // Lazy quantifiers change which match is found, not whether there is one.
      _ = take(0x3F)
      if peek == 0x2B { throw refuse("possessive quantifier") }
      if let maximum = bounds.1, maximum < bounds.0 { bounds = (bounds.0, bounds.0) }
      // No host name is longer than 253 characters (RFC 1035, 2.3.4); an automaton that counts further
      // takes minutes.
      guard Swift.max(bounds.0, bounds.1 ?? 0) <= Self.countLimit else {
        throw refuse("repetition of more than \(Self.countLimit) times")
      }
      return .repeated(atom, minimum: bounds.0, maximum: bounds.1)
    }

    private mutating func counts() throws(Unsupported) -> (Int, Int?) {
      func number() -> Int? {
        var value: Int?
        while let digit = peek, (0x30...0x39).contains(digit) {
          value = Swift.min((value ?? 0) * 10 + Int(digit - 0x30), 100_000)
          index += 1
        }
        return value
      }
      guard let minimum = number() else { throw refuse("repeat count expected") }
      var maximum: Int? = minimum
      if take(0x2C) { maximum = number() }
      guard take(0x7D) else { throw refuse("repeat count without an end") }
      return (minimum, maximum)
    }

    private mutating func characterClass() throws(Unsupported) -> ByteSet {
      let negated = take(0x5E)
      var set = ByteSet()
      var first = true
      while let byte = peek, byte != 0x5D || first {
        first = false
        index += 1
        if byte == 0x5B, peek == 0x3A { throw refuse("POSIX class") }
        if byte == 0x5C {
          set = set.union(try escape())
          continue
        }
        guard byte < 0x80 else { throw refuse("character beyond ASCII") }
        if peek == 0x2D, index + 1 < bytes.count, bytes[index + 1] != 0x5D {
          index += 1
          guard let upper = peek, upper >= byte, upper < 0x80, upper != 0x5C else {
            throw refuse("range runs backwards")
          }
          index += 1
          set = set.union(ByteSet(byte...upper))
        } else {
          set.insert(byte)
        }
      }
      guard take(0x5D) else { throw refuse("class without an end") }
      guard negated else { return set }
      return ByteSet.printable.subtracting(ignoringCase ? set.foldingCase : set)
    }

    private mutating func escape() throws(Unsupported) -> ByteSet {
      guard let byte = peek else { throw refuse("unexpected end") }
      index += 1
      switch byte {
      case 0x64: return ByteSet(0x30...0x39)
      case 0x44: return ByteSet.printable.subtracting(ByteSet(0x30...0x39))
      case 0x77: return Self.word
      case 0x57: return ByteSet.printable.subtracting(Self.word)
      case 0x73: return ByteSet()
      case 0x53: return .printable
      default:
        let isLetterOrDigit =
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte)
        guard !isLetterOrDigit, byte < 0x80 else { throw refuse("escape not supported") }
        return ByteSet(CollectionOfOne(byte))
      }
    }

    private static let word = ByteSet(0x30...0x39).union(ByteSet(0x41...0x5A))
      .union(ByteSet(0x61...0x7A)).union(ByteSet("_"))
  }
}

extension ByteSet {
  /// The set with every letter in both cases; a negated class must exclude both.
  fileprivate var foldingCase: ByteSet {
    guard case .bytes(let set) = LanguageExpression.bytes(self).ignoringCase else { return self }
    return set
  }
}
