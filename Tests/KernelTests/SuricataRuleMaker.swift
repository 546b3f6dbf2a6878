import TestSupport

/// Makes rules texts in Suricata's language, of the keywords that we claim to read.
struct SuricataRuleMaker {
  var random: SeededRandom

  mutating func rules() -> String {
    let count = 1 + random.below(4)
    return (1...count).map { rule(sid: $0) }.joined(separator: "\n")
  }

  private mutating func rule(sid: Int) -> String {
    let action = random.pick(["pass", "pass", "drop", "drop", "alert", "reject"])
    let word = random.pick(["tcp", "tcp", "ip", "tls", "tls", "http"])
    var options: [String] = []
    switch word {
    case "tls": if !random.chance(3) { options += name("tls.sni", "go.microsoft.com") }
    case "http": if !random.chance(3) { options += name("http.host", "crl.microsoft.com") }
    default:
      if random.chance(5) {
        options.append("app-layer-protocol:\(random.pick(["tls", "http", "!tls", "!http"]))")
      }
      if word == "tcp", random.chance(6) {
        options.append("flags:\(random.pick(["S", "SA", "S,CE", "+S", "A", "PA"]))")
      }
    }
    if random.chance(2) { options.append("flow:\(flow())") }
    let (source, destination) =
      random.chance(4)
      ? ("$EXTERNAL_NET", "$HOME_NET")
      : random.pick([("$HOME_NET", "$EXTERNAL_NET"), ("any", "any"), ("$HOME_NET", "any")])
    let (sourcePort, destinationPort) = random.pick([
      ("any", "any"), ("any", "any"), ("any", "443"), ("any", "80"), ("any", "![443]"),
      ("443", "any"),
    ])
    let arrow = random.chance(8) ? "<>" : "->"
    options.append("sid:\(sid)")
    return "\(action) \(word) \(source) \(sourcePort) \(arrow) \(destination) \(destinationPort) "
      + "(\(options.joined(separator: "; "));)"
  }

  private mutating func flow() -> String {
    let state = random.pick(["established", "not_established", ""])
    let direction = random.pick(["to_server", "to_client", ""])
    let words = [state, direction].filter { !$0.isEmpty }
    return words.isEmpty ? "established" : words.joined(separator: ",")
  }

  private mutating func name(_ buffer: String, _ host: String) -> [String] {
    let forms = [
      ["content:\"\(host)\"", "startswith", "endswith"],
      ["content:\".microsoft.com\"", "endswith"],
      ["dotprefix", "content:\".microsoft.com\"", "endswith"],
      ["content:\"\(host)\"", "bsize:\(host.utf8.count)"], ["content:\"data\""],
      ["content:!\"\(host)\""], ["content:\"microsoft.com\"", "isdataat:!1,relative"],
      ["pcre:\"/(^|\\.)microsoft\\.com$/\""], ["content:\"go.\"", "depth:3"],
    ]
    return [buffer] + random.pick(forms)
  }
}
