import ComplianceEngine
import NetworkSets
import PolicyModel
import Testing

/// Policies with more patterns than could be told apart all at once.
@Suite struct ManyPatternsTests {
  private static func text(_ number: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    return String([number / 676 % 26, number / 26 % 26, number % 26].map { letters[$0] })
      + "\(number)"
  }

  private func substrings(_ count: Int) -> [Rule] {
    (0..<count).map {
      rule("r\($0)", terms: [.host(.substring("x\(Self.text($0))x"), .observed)])
    }
  }

  @Test func whatStandsBehindADenyOfAllIsNotAsked() {
    let judged = Judgement(policy([rule("no", .deny(.drop))] + substrings(300)), "*.w.test")
    #expect(judged.verdict == .blocked)
    #expect(judged.deciding == ["no"])
  }

  @Test func manyOpenEndedPatternsAreDecided() {
    let judged = Judgement(policy(substrings(120)), "*.w.test")
    #expect(judged.verdict == .partial)
    #expect(judged.deciding.count == 121)
    #expect(Judgement(policy(substrings(120) + [rule("all")]), "*.w.test").verdict == .allowed)
  }

  /// One list is one language, however many names it holds.
  @Test func aLongListIsOneQuestion() {
    let names = (0..<2000).map { "\(Self.text($0)).w.test" }
    let judged = Judgement(policy([rule("names", hosts: names)]), "*.w.test")
    #expect(judged.verdict == .partial)
    #expect(judged.deciding == ["names", "default"])
    let rules = names.prefix(500).map { rule($0, hosts: [$0]) }
    #expect(Judgement(policy(rules), "*.w.test").deciding.count == 501)
  }

  @Test func whatNoHostCanReachIsShadowed() {
    let judged = Judgement(
      policy([
        rule("wide", terms: [.host(.substring("ab"), .observed)]),
        rule("narrow", .deny(.drop), terms: [.host(.substring("xabx"), .observed)]),
        rule("rest"),
      ]), "*.w.test")
    #expect(judged.verdict == .allowed)
    // Two that together leave nothing of a third.
    let both = Judgement(
      policy([
        rule("a", terms: [.host(.glob("a*"), .observed)]),
        rule("b", terms: [.host(.glob("*z.w.test"), .observed)]),
        rule("ab", .deny(.drop), terms: [.host(.glob("a*z.w.test"), .observed)]),
        rule("rest"),
      ]), "*.w.test")
    #expect(both.verdict == .allowed)
  }

  @Test func globsAndExpressionsAreDecided() {
    let rules = (0..<60).map { number -> Rule in
      let text = Self.text(number)
      return number % 2 == 0
        ? rule("g\(number)", terms: [.host(.glob("\(text)*-prod*.w.test"), .observed)])
        : rule(
          "e\(number)",
          terms: [.host(.regex(RandomExpressions.make("^\(text)[0-9]+\\.w\\.")), .observed)])
    }
    let judged = Judgement(policy(rules), "*.w.test")
    #expect(judged.verdict == .partial)
    #expect(judged.deciding.count == 61)
  }

  @Test func sourcesCrossedWithHostsAreDecided() {
    let rules = (0..<120).map { number in
      rule(
        "r\(number)", hosts: ["\(Self.text(number)).w.test"],
        from: ["10.\(number / 250).\(number % 250).0/24"])
    }
    let judged = Judgement(policy(rules), "*.w.test", client: client("10.0.0.0/8"))
    #expect(judged.verdict == .partial)
    #expect(judged.deciding.count == 121)
  }
}
