import Foundation

/// Finds the texts of a rule or object that somebody may look for.
///
/// Content is canonical JSON, without spaces and with the escapes of `JSONWriter` only, so that one
/// pass over the bytes suffices. Words of the form itself (member names, actions, kinds) are left
/// out.
enum ContentWords {
  /// The texts, one a line.
  static func words(_ body: [UInt8]) -> [UInt8] {
    var words: [UInt8] = []
    words.reserveCapacity(body.count / 2)
    body.withUnsafeBufferPointer { bytes in
      var index = 0
      var isSilent = false
      while index < bytes.count {
        guard bytes[index] == quote else {
          index += 1
          continue
        }
        let start = index + 1
        var end = start
        var hasEscapes = false
        while end < bytes.count, bytes[end] != quote {
          if bytes[end] == backslash {
            hasEscapes = true
            end += 1
          }
          end += 1
        }
        end = min(end, bytes.count)
        let text = UnsafeBufferPointer(rebasing: bytes[start..<end])
        index = end + 1
        if index < bytes.count, bytes[index] == colon {
          isSilent = text.elementsEqual(action) || text.elementsEqual(kind)
          index += 1
          continue
        }
        if isSilent {
          isSilent = false
          continue
        }
        if !words.isEmpty { words.append(newLine) }
        if hasEscapes { append(text, to: &words) } else { words.append(contentsOf: text) }
      }
    }
    return words
  }

  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")
  private static let colon = UInt8(ascii: ":")
  private static let newLine = UInt8(ascii: "\n")
  private static let action = Array("action".utf8)
  private static let kind = Array("kind".utf8)

  private static func append(_ text: UnsafeBufferPointer<UInt8>, to words: inout [UInt8]) {
    var index = 0
    while index < text.count {
      guard text[index] == backslash, index + 1 < text.count else {
        words.append(text[index])
        index += 1
        continue
      }
      switch text[index + 1] {
      case UInt8(ascii: "u"):
        // Control characters only, which no search looks for.
        words.append(UInt8(ascii: " "))
        index += 6
      case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        words.append(UInt8(ascii: " "))
        index += 2
      default:
        words.append(text[index + 1])
        index += 2
      }
    }
  }
}
