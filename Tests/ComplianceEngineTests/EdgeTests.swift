import ComplianceEngine
import NetworkSets
import PolicyModel
import Testing

/// The engine at its edges: what an evaluator of our own making once judged otherwise.
@Suite struct EdgeTests {
  /// The end of a table is its end, however it was reached; only `none` leaves the flow undecided.
  @Test(arguments: [Action.jump("away"), .goto("away")])
  func aTableThatIsReachedHasItsDefault(_ action: Action) {
    let open = policy(
      [rule("j", action)], default: .allow, tables: [table("away", [], default: .deny)])
    #expect(Judgement(open).verdict == .blocked)
    #expect(Judgement(open).deciding == ["end of away"])
    let shut = policy([rule("j", action)], tables: [table("away", [], default: .allow)])
    #expect(Judgement(shut).verdict == .allowed)
    let back = policy(
      [rule("j", action)], default: .allow,
      tables: [table("away", [rule("back", .return)], default: .deny)])
    #expect(Judgement(back).verdict == .allowed)
  }

  @Test func textsOfHostsHaveNoCaseAndNoRoot() {
    for pattern in [
      HostPattern.suffix(".Example.Com"), .suffix(".example.com."), .substring("A.Ex"),
      .substring("example.COM."), .glob("*.Example.com."), .glob("A.EXAMPLE.COM"),
    ] {
      let judged = Judgement(
        policy([rule("no", .deny(.drop), terms: [.host(pattern, .observed)])], default: .allow))
      #expect(judged.verdict == .blocked, "\(pattern.text)")
    }
  }

  @Test func aFamilyWithoutAStageIsNotJudged() {
    var six = policy([rule("any")])
    six.pipelines[0].stages[0].families = [.ipv6]
    for mode in Pipeline.Mode.allCases {
      six.pipelines[0].mode = mode
      #expect(Judgement(six).verdict == .unknown)
      #expect(Judgement(six, family: .ipv6).verdict == .allowed)
    }
  }

  /// What decides nothing is told as a note of the pattern.
  @Test func aNameInsideAnotherDecidesNothing() {
    for (pattern, host, port) in [
      (URLPattern.tokens("ads.example.com", openEnd: true), "*.cdn.example.net", 443),
      (.host(.substring("ads.example")), "*.cdn.example.net", 443),
      (.host(.leading(HostName(constant: "ads.example"))), "*.cdn.example.net", 443),
      (.host(.glob("ads.example*")), "*.cdn.example.net", 443),
      (
        .host(.regex(RandomExpressions.make("^ads\\.example\\."))), "*.cdn.example.net", 443
      ),
      (.substring("ads.example/"), "a.example.net", 80),
      (.regex(RandomExpressions.make("ads\\.example/")), "a.example.net", 80),
      (.glob("*ads.example.com/*"), "a.example.net", 80),
    ] as [(URLPattern, String, UInt16)] {
      let judged = Judgement(
        policy([rule("no ads", .deny(.drop), urls: [pattern])], default: .allow), host, port: port)
      #expect(judged.verdict == .allowed, "\(pattern.text)")
      let notes = judged.findings.filter { $0.id == .overmatchingPattern }
      #expect(notes.map(\.severity) == [.note], "\(pattern.text)")
      #expect(notes.first?.rule?.rule == "no ads")
    }
  }

  /// Parts of names, names of files and the domain itself are about the endpoint.
  @Test func aTextThatMayMeanTheEndpointDecides() {
    for (pattern, host, port) in [
      (URLPattern.host(.substring("ads")), "*.cdn.example.net", 443),
      (.host(.substring("ads.cdn")), "*.cdn.example.net", 443),
      (.tokens("ads.cdn.example.net", openEnd: true), "*.cdn.example.net", 443),
      (.host(.substring("example.net")), "*.cdn.example.net", 443),
      (.substring("setup.exe"), "a.example.net", 80),
      (.substring("/ads"), "a.example.net", 80),
      (.substring("example.net/x"), "a.example.net", 80),
    ] as [(URLPattern, String, UInt16)] {
      let judged = Judgement(
        policy([rule("no", .deny(.drop), urls: [pattern])], default: .allow), host, port: port)
      #expect(
        judged.verdict == .partial || judged.verdict == .blocked, "\(pattern.text)")
    }
  }
}
