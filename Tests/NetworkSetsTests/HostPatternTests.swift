import NetworkSets
import Testing

/// One row for each doubt about what a kind of pattern holds.
@Suite struct HostPatternTests {
  struct Row: Sendable, CustomStringConvertible {
    let pattern: HostPattern
    let holds: [String]
    let leaves: [String]
    var description: String { pattern.text }
  }

  private static func name(_ text: StaticString) -> HostName { HostName(constant: text) }

  static let rows: [Row] = {
    var rows = [
      Row(pattern: .any, holds: ["a", "x.com", "a.b.x.com"], leaves: []),
      Row(
        pattern: .exact(name("x.com")), holds: ["x.com", "X.COM", "x.com."],
        leaves: ["a.x.com", "xx.com", "x.co", "com"]),
      Row(
        pattern: .subdomains(name("x.com")), holds: ["a.x.com", "b.a.x.com"],
        leaves: ["x.com", "ax.com", "x.com.evil.test", "com"]),
      Row(
        pattern: .apexAndSubdomains(name("x.com")), holds: ["x.com", "a.x.com", "b.a.x.com"],
        leaves: ["ax.com", "x.com.evil.test"]),
      Row(
        pattern: .oneLabel(name("x.com")), holds: ["a.x.com"],
        leaves: ["x.com", "b.a.x.com", "ax.com"]),
      Row(
        pattern: .suffix("x.com"), holds: ["x.com", "evilx.com", "a.x.com"],
        leaves: ["x.com.evil.test", "x.co"]),
      Row(
        pattern: .suffix(".X.Com."), holds: ["a.x.com", "A.X.COM."], leaves: ["x.com", "evilx.com"]),
      Row(
        pattern: .substring("X.Com."), holds: ["a.x.com", "x.com.evil.test", "evilx.com"],
        leaves: ["x.community"]),
      Row(pattern: .substring("A.X"), holds: ["a.x.com", "ba.xy"], leaves: ["x.com"]),
      Row(pattern: .glob("*.X.Com."), holds: ["a.x.com"], leaves: ["x.com", "a.x.com.evil.test"]),
      Row(pattern: .suffix(".x.com"), holds: ["a.x.com"], leaves: ["x.com", "evilx.com"]),
      Row(
        pattern: .leading(name("x.com")), holds: ["x.com", "x.com.evil.test"],
        leaves: ["a.x.com", "x.community", "evilx.com"]),
      Row(
        pattern: .substring("x.c"), holds: ["x.com", "ax.co", "x.c"], leaves: ["xc.com", "x-c.com"]),
      Row(pattern: .substring(""), holds: ["x.com"], leaves: []),
      Row(
        pattern: .glob("*.x.com"), holds: ["a.x.com", "b.a.x.com"], leaves: ["x.com", "evilx.com"]),
      Row(
        pattern: .glob("a*.x.com"), holds: ["a.x.com", "ab.x.com", "a.b.x.com"], leaves: ["b.x.com"]
      ),
      Row(pattern: .glob("?.x.com"), holds: ["a.x.com"], leaves: ["ab.x.com", ".x.com", "x.com"]),
      Row(
        pattern: .glob("wd*prod*.blob.core.windows.net"),
        holds: ["wdcpprod1.blob.core.windows.net"], leaves: ["wd.blob.core.windows.net"]),
      Row(pattern: .glob("x.com"), holds: ["x.com"], leaves: ["xacom", "a.x.com"]),
    ]
    for (source, holds, leaves) in [
      ("x\\.com", ["x.com", "ax.com", "x.com.evil.test"], ["xacom"]),
      ("^x\\.com$", ["x.com", "X.com"], ["ax.com", "x.comx"]),
      ("^[a-z]+\\.x\\.com$", ["ab.x.com"], ["a1.x.com", "x.com"]),
      ("x.com$", ["x.com", "xacom"], ["x.com.evil.test"]),
      ("^a|b$", ["abc", "cab"], ["cac"]),
    ] {
      if let regex = try? RegularExpression(source) {
        rows.append(Row(pattern: .regex(regex), holds: holds, leaves: leaves))
      }
    }
    return rows
  }()

  @Test(arguments: rows) func holds(_ row: Row) throws {
    let automaton = try #require(Automaton(row.pattern.expression))
    for (texts, expected) in [(row.holds, true), (row.leaves, false)] {
      for text in texts {
        guard let host = HostName(text) else { continue }
        #expect(row.pattern.matches(host) == expected, "\(text)")
        #expect(automaton.matches(host.text.utf8) == expected, "\(text) by automaton")
      }
    }
  }

  @Test func everyRowIsThere() {
    #expect(Self.rows.count == 24)
  }
}
