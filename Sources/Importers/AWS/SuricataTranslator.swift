import ImportKit

/// Translates rules in Suricata's language.
///
/// Keywords that decide are read exactly; any other keyword narrows the rule in a way that is not
/// evaluated, and becomes a condition of it.
struct SuricataTranslator {
  let variables: AWSVariables
  let position: SourcePosition
  var objects: ObjectTable
  var notes: [Note]

  /// What the options of a rule come to.
  private struct Reading {
    var clauses: [Clause] = []
    /// The application protocol that the options imply: `tls` or `http`.
    var application: String?
    var needsData = false
    var onlyNotEstablished = false
    var toServer = false
    var toClient = false
    var priority = AWSStatefulRule.standardPriority
  }

  mutating func translate(
    _ rule: SuricataRule, enabled: Bool, fallbackName: String
  ) -> AWSStatefulRule {
    let verdict: AWSStatefulRule.Verdict =
      switch rule.action {
      case "pass": .pass
      case "alert": .alert
      case "drop": .drop
      default: .reject
      }
    var reading = self.reading(rule, isAlert: verdict == .alert)
    let services = protocolClauses(rule.protocol, &reading)
    let direct = alternative(
      (rule.source, rule.sourcePort), (rule.destination, rule.destinationPort), services, reading)
    let swapped = alternative(
      (rule.destination, rule.destinationPort), (rule.source, rule.sourcePort), services, reading)
    let toServer = rule.isBothWays ? [direct, swapped] : [direct]
    let toClient = rule.isBothWays ? [swapped, direct] : [swapped]

    let name = rule.text("msg") ?? rule.text("sid").map { "sid \($0)" } ?? fallbackName
    func make(_ clauses: [Clause], _ action: Action, _ origin: Rule.Origin) -> Rule {
      Rule(
        name: name, vendorID: rule.text("sid"), enabled: enabled, match: Match(clauses),
        action: action, origin: origin, position: position)
    }
    let action: Action =
      switch verdict {
      case .pass: .allow
      case .drop: .deny(.drop)
      case .reject: .deny(.reject)
      case .alert: .continue
      }
    var parts: [(AWSStatefulRule.Phase, Rule)] = []
    if reading.needsData {
      if reading.toClient {
        let doubt = Clause.requires(Condition(.unmodelled, "looks at what the server answers"))
        for clauses in toClient { parts.append((.data, make(clauses + [doubt], action, .written))) }
      } else {
        for clauses in toServer { parts.append((.data, make(clauses, action, .written))) }
      }
    } else {
      // "pass" on a packet lets the whole flow pass, unless the rule is for the handshake only.
      let own: Action = verdict == .pass && reading.onlyNotEstablished ? .return : action
      if reading.toClient {
        for clauses in toClient { parts.append((.answer, make(clauses, own, .written))) }
      } else {
        for clauses in toServer { parts.append((.first, make(clauses, own, .written))) }
        let repeats = !rule.isBothWays || own == .return
        if !reading.toServer, verdict != .alert, repeats,
          rule.isBothWays || rule.source != "$HOME_NET"
        {
          for clauses in toClient { parts.append((.answer, make(clauses, own, .implied))) }
        }
      }
    }
    return AWSStatefulRule(verdict: verdict, priority: reading.priority, parts: parts)
  }

  // MARK: Header

  private mutating func alternative(
    _ source: (String, String), _ destination: (String, String), _ services: [Clause],
    _ reading: Reading
  ) -> [Clause] {
    var clauses: [Clause] = []
    for (text, isSource) in [(source.0, true), (destination.0, false)] {
      let list = variables.addresses(text, isSource: isSource, objects: &objects, notes: &notes)
      if list.isNone {
        clauses.append(.never("`\(text)` is no address at all"))
      } else if let endpoints = list.endpoints {
        clauses.append(isSource ? .source(endpoints) : .destination(endpoints))
      }
    }
    for (text, isSource) in [(source.1, true), (destination.1, false)]
    where text.lowercased() != "any" {
      guard let ports = variables.ports(text) else {
        let what = "port `\(text)` is not known"
        notes.append(Note(.unresolved, what, at: position))
        clauses.append(.requires(Condition(.unresolved, what)))
        continue
      }
      if ports.isFull { continue }
      clauses.append(
        .service(
          ServiceList([
            .service(
              isSource
                ? Service(protocol: nil, sourcePorts: ports)
                : Service(protocol: nil, destinationPorts: ports))
          ])))
    }
    return clauses + services + reading.clauses
  }

  /// Plain HTTP runs on port 80 of the endpoints that are audited, and TLS on every other port.
  private static let tls = Clause.service(
    ServiceList([.service(.tcp(PortSet(80).complement()))]))
  private static let http = Clause.service(ServiceList([.service(.tcp(PortSet(80)))]))

  private mutating func protocolClauses(_ word: String, _ reading: inout Reading) -> [Clause] {
    var clauses: [Clause] = []
    switch word {
    case "ip", "any", "ipv4", "ipv6", "ip4", "ip6":
      if word.hasSuffix("4") { clauses.append(.family(.ipv4)) }
      if word.hasSuffix("6") { clauses.append(.family(.ipv6)) }
    case "tcp", "tcp-pkt", "tcp-stream":
      if word == "tcp-stream" { reading.needsData = true }
      clauses.append(.service(ServiceList([.service(.tcp(.full))])))
    case "udp": clauses.append(.service(ServiceList([.service(.udp(.full))])))
    case "icmp", "icmpv6", "sctp":
      let number: UInt8 = word == "icmp" ? 1 : (word == "icmpv6" ? 58 : 132)
      clauses.append(.service(ServiceList([.service(Service(protocol: number))])))
    case "tls", "ssl":
      reading.needsData = true
      clauses.append(Self.tls)
    case "http", "http1":
      reading.needsData = true
      clauses.append(Self.http)
    default:
      reading.needsData = true
      clauses.append(.never("for the protocol \(word), which is neither TLS nor plain HTTP"))
    }
    switch reading.application {
    case "tls": clauses.append(Self.tls)
    case "http": clauses.append(Self.http)
    default: break
    }
    return clauses
  }

  // MARK: Options

  /// One test of a buffer.
  private struct Test {
    var buffer: String
    var dotted: Bool
    var text: String
    var isExpression = false
    var negated: Bool
    var ignoresCase = false
    var start = false
    var end = false
    /// Set where the test has an offset or distance.
    var isPlaced = false
    var length: Int?
  }

  /// Keywords that do not take part in matching.
  private static let silent: Set<String> = [
    "msg", "sid", "rev", "gid", "classtype", "reference", "metadata", "noalert", "target", "tag",
    "fast_pattern", "requires", "rawbytes", "alert",
  ]

  private static let buffers: [String: String] = [
    "tls.sni": "sni", "tls_sni": "sni", "http.host": "host", "http.host.raw": "host",
    "http.header_names": "header names",
  ]

  private static let httpPrefixes = ["http.", "http_"]

  private mutating func reading(_ rule: SuricataRule, isAlert: Bool) -> Reading {
    var reading = Reading()
    var tests: [Test] = []
    var buffer = "payload"
    var dotted = false
    for option in rule.options {
      let keyword = option.keyword
      let value = option.value ?? ""
      if Self.silent.contains(keyword) { continue }
      switch keyword {
      case "priority": reading.priority = Int(value) ?? AWSStatefulRule.standardPriority
      case "flow": flow(value, &reading)
      case "flags":
        if value.first != "S" || value.dropFirst().contains(where: { $0.isLetter }) {
          doubt("TCP flags `\(value)`", isAlert, &reading)
        }
      case "ssl_state":
        reading.needsData = true
        reading.application = "tls"
        if value != "client_hello" { doubt("`ssl_state:\(value)`", isAlert, &reading) }
      case "app-layer-protocol":
        reading.needsData = true
        let name = value.drop { $0 == "!" }.trimmed.lowercased()
        let isTLS = name == "tls" || name == "ssl"
        if isTLS || name == "http" {
          let negated = value.hasPrefix("!")
          reading.clauses.append(isTLS != negated ? Self.tls : Self.http)
        } else if !value.hasPrefix("!") {
          reading.clauses.append(.never("for the protocol \(name)"))
        }
      case "content":
        let negated = value.hasPrefix("!")
        let text = Self.decoded(SuricataRule.unquoted(value.drop { $0 == "!" }.trimmed))
        tests.append(Test(buffer: buffer, dotted: dotted, text: text, negated: negated))
      case "pcre":
        tests.append(Self.expression(value, buffer: buffer, dotted: dotted))
      case "dotprefix": dotted = true
      case "pkt_data": (buffer, dotted) = ("payload", false)
      case "nocase", "startswith", "endswith", "offset", "depth", "distance", "within", "bsize",
        "http_host", "http_raw_host":
        guard !tests.isEmpty else {
          doubt("`\(keyword)` without a text", isAlert, &reading)
          continue
        }
        let last = tests.count - 1
        switch keyword {
        case "nocase": tests[last].ignoresCase = true
        case "startswith": tests[last].start = true
        case "endswith": tests[last].end = true
        case "bsize": tests[last].length = Int(value) ?? -1
        case "http_host", "http_raw_host": tests[last].buffer = "host"
        default: tests[last].isPlaced = true
        }
      case "aws_route_53_resolved_domain":
        reading.clauses.append(resolved(SuricataRule.unquoted(value)))
      case "aws_url_category", "aws_domain_category":
        let categories = SuricataRule.unquoted(value).split(separator: ",").map { $0.trimmed }
        reading.clauses.append(.destination(EndpointList(categories.map { .category($0) })))
        reading.needsData = true
      case "geoip":
        let condition = Condition(.vendorTag, "countries `\(value)` of the addresses")
        reading.clauses.append(.requires(condition))
      default:
        if let known = Self.buffers[keyword] {
          (buffer, dotted) = (known, false)
          reading.needsData = true
          reading.application = known == "sni" ? "tls" : "http"
        } else {
          if Self.httpPrefixes.contains(where: { keyword.hasPrefix($0) }) {
            reading.needsData = true
            reading.application = "http"
            (buffer, dotted) = (keyword, false)
            // The legacy form modifies the text before it, the newer one stands before the text.
            if keyword.hasPrefix("http_"), !tests.isEmpty {
              tests[tests.count - 1].buffer = keyword
            }
          } else if keyword.hasPrefix("tls.") || keyword.hasPrefix("ja3")
            || keyword.hasPrefix("ssl_")
          {
            reading.needsData = true
            reading.application = "tls"
            (buffer, dotted) = (keyword, false)
          }
          let isPath = keyword.hasPrefix("http") && keyword.contains("uri")
          doubt("keyword `\(keyword)`", isAlert, &reading, isPath ? .urlPath : .unmodelled)
        }
      }
    }
    for test in tests { apply(test, isAlert, &reading) }
    return reading
  }

  private mutating func doubt(
    _ what: String, _ isAlert: Bool, _ reading: inout Reading,
    _ kind: Condition.Kind = .unmodelled
  ) {
    let text = "\(what) is not evaluated"
    if !isAlert { notes.append(Note(.unmodelled, text, at: position)) }
    reading.clauses.append(.requires(Condition(kind, text)))
  }

  private func flow(_ value: String, _ reading: inout Reading) {
    for word in value.split(separator: ",").map({ $0.trimmed.lowercased() }) {
      switch word {
      case "established": reading.needsData = true
      case "not_established": reading.onlyNotEstablished = true
      case "to_server", "from_client": reading.toServer = true
      case "to_client", "from_server": reading.toClient = true
      default: break
      }
    }
  }

  private mutating func apply(_ test: Test, _ isAlert: Bool, _ reading: inout Reading) {
    reading.needsData = true
    // Every HTTP request has headers: this is how generated rules say "any HTTP request".
    if test.buffer == "header names", test.text == "\r\n", test.start, !test.negated { return }
    guard test.buffer == "sni" || test.buffer == "host" else {
      // Buffers with a keyword of their own are a doubt already.
      if test.buffer == "payload" || test.buffer == "pattern" {
        doubt("text in the \(test.buffer)", isAlert, &reading)
      }
      return
    }
    var pattern: HostPattern?
    if test.isExpression {
      if !test.dotted, let regex = try? RegularExpression(test.text, ignoringCase: test.ignoresCase)
      {
        pattern = .regex(regex)
      }
    } else if !test.isPlaced {
      let whole = test.length.map { $0 == test.text.utf8.count } ?? false
      if test.length == nil || whole {
        pattern = AWSNames.content(
          test.text, dotted: test.dotted, start: test.start || whole, end: test.end || whole)
      }
    }
    guard let pattern else {
      return doubt(
        "`\(test.text)` in the \(test.buffer == "sni" ? "SNI" : "host")", isAlert, &reading)
    }
    // A client sends lower case, which capital letters without `nocase` do not match; some clients
    // may keep the case that a user typed.
    let keepsCase =
      !test.isExpression && !test.ignoresCase && test.text.contains(where: \.isUppercase)
    reading.clauses.append(
      .destination(
        EndpointList([.host(pattern, keepsCase ? .doubtful : .observed)], negated: test.negated)))
  }

  /// `"/expression/flags"`, perhaps with `!` before it.
  private static func expression(_ value: String, buffer: String, dotted: Bool) -> Test {
    let negated = value.hasPrefix("!")
    let text = SuricataRule.unquoted(value.drop { $0 == "!" }.trimmed)
    var test = Test(
      buffer: buffer, dotted: dotted, text: text, isExpression: true, negated: negated)
    guard text.hasPrefix("/"), let end = text.lastIndex(of: "/"), end > text.startIndex else {
      test.buffer = "pattern"
      return test
    }
    let flags = text[text.index(after: end)...]
    test.text = text[text.index(after: text.startIndex)..<end].replacing("\\/", with: "/")
    test.ignoresCase = flags.contains("i")
    if flags.contains("W") || flags.contains("Z") { test.buffer = "host" }
    // Any flag but case changes what the expression means.
    if flags.contains(where: { !"iWZ".contains($0) }) { test.buffer = "pattern" }
    return test
  }

  private mutating func resolved(_ text: String) -> Clause {
    let terms = text.split(separator: ",").map { part -> EndpointTerm in
      guard let pattern = AWSNames.target(part.trimmed) else {
        return .condition(Condition(.unresolved, "domain `\(part.trimmed)` is not readable"))
      }
      return .host(pattern, .resolved)
    }
    return .destination(EndpointList(terms))
  }

  /// Text with bytes between bars, as `|0d 0a|`, and backslashes removed.
  private static func decoded(_ text: String) -> String {
    var result = ""
    var escaped = false
    for (index, part) in text.split(separator: "|", omittingEmptySubsequences: false).enumerated() {
      if index % 2 == 1 {
        for byte in part.split(separator: " ") {
          guard let code = UInt8(byte, radix: 16) else { continue }
          result.unicodeScalars.append(Unicode.Scalar(code))
        }
        continue
      }
      for character in part {
        if character == "\\", !escaped {
          escaped = true
          continue
        }
        escaped = false
        result.append(character)
      }
    }
    return result
  }
}

extension Substring {
  /// Replacement without Foundation.
  fileprivate func replacing(_ text: String, with other: String) -> String {
    var result = ""
    var rest = self
    while let found = rest.firstRange(of: text) {
      result += rest[..<found.lowerBound] + other
      rest = rest[found.upperBound...]
    }
    return result + rest
  }
}
