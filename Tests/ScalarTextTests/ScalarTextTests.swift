import ScalarText
import Testing

/// Text that is read by bytes elsewhere, made fit for `Character`.
@Suite struct ScalarTextTests {
  /// Text, and how many characters of it are `"` or `;` to Swift afterwards: as many as to a reader
  /// of bytes.
  @Test(arguments: [
    ("a\"b", 1), ("\u{600}\"b", 1), ("\"\u{301}", 1), ("\u{600}\"\u{FE0F}\"", 2), ("\u{37E}", 0),
    (";\u{200D};", 2), ("é\"", 1), ("e\u{301}\"", 1), ("\r\n\"", 1),
  ])
  func signsStandAlone(_ text: String, _ signs: Int) {
    let separated = ScalarText.separated(text)
    #expect(separated.count { $0 == "\"" || $0 == ";" } == signs)
    #expect(ScalarText.separated(separated) == separated, "done once, nothing is left to do")
  }

  @Test(arguments: ["", "abc", "é", "e\u{301}", "Grüße", "日本語", "a\r\nb", "👩‍👩‍👧", "नमस्ते"])
  func ordinaryTextStaysAsItIs(_ text: String) {
    #expect(Array(ScalarText.separated(text).utf8) == Array(text.utf8))
  }

  @Test(arguments: [
    ("a\nb", ["a", "b"]), ("a\r\nb\n", ["a", "b", ""]), ("a\rb", ["a\rb"]),
    ("a\u{2028}b\u{85}c\u{0B}d\u{0C}e", ["a\u{2028}b\u{85}c\u{0B}d\u{0C}e"]), ("", [""]),
  ])
  func linesEndAtLineFeedsOnly(_ text: String, _ lines: [String]) {
    #expect(text.lineFeedLines.map(String.init) == lines)
  }
}
