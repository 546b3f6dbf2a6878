import ImportKit

/// What the protocol and the options of a rule come to, phase by phase.
///
/// Source: Suricata user guide, "Rules"; what the guide leaves open was tried with Suricata 7.0.10
/// over captures (SuricataJudgeTests): a flow is established from the client's first data on.
struct SuricataOptions {
  let draft: PolicyDraft
  let position: SourcePosition
  /// Rules that only alert, or are switched off, leave no note.
  let isAlert: Bool
  private(set) var priority = AWSStatefulRule.standardPriority

  private var clausesSoFar: [Clause] = []
  /// The application protocol that keywords imply: `tls` or `http`.
  private var application: String?
  /// Whether only application data can show whether the rule matches.
  private var needsData = false
  /// Whether the rule looks at what only the client, or only the server, sends.
  private var readsClient = false
  private var readsServer = false
  private var toServer = false
  private var toClient = false
  private var established: Bool?
  private var asksForFlow = false
  /// Keywords about single packets; a pass is for these packets only.
  private var asksForPackets = false
  private var flags: SuricataFlags?
  private var protocolWord = "ip"

  init(draft: PolicyDraft, position: SourcePosition, isAlert: Bool) {
    self.draft = draft
    self.position = position
    self.isAlert = isAlert
  }

  // MARK: Answers

  /// The clauses of the rule in a phase; nil where it cannot match there.
  func clauses(in phase: Phase) -> [Clause]? {
    let isData = phase == .dataToServer || phase == .dataFromServer
    if needsData && (!isData || established == false) { return nil }
    if let established, established != isData { return nil }
    if toServer && phase.isFromServer || toClient && !phase.isFromServer { return nil }
    if readsClient && phase.isFromServer || readsServer && !phase.isFromServer { return nil }
    var result = clausesSoFar
    switch flags?.holds(in: phase) {
    case nil, .all?: break
    case .none?: return nil
    case .some?:
      // A drop of any packet stops the connection; a pass of some leaves the others.
      result.append(
        .requires(
          draft.doubt(
            .unmodelled, "holds for packets with certain TCP flags only", at: position)))
    }
    if readsServer {
      result.append(doubtClause("what the server answers"))
    }
    return result
  }

  /// How far a pass of the rule reaches.
  func reach(of name: String) -> AWSStatefulRule.Reach {
    if needsData { return .flow }
    if asksForPackets || established == false { return .packet }
    guard asksForFlow else { return .flow }
    return .perhapsFlow(
      draft.doubt(
        .patternReading,
        "whether `\(name)` passes the rest of the connection: the developer guide says that pass "
          + "permits the connection, Suricata passes the packets of that direction and state",
        at: isAlert ? nil : position))
  }

  // MARK: Reading

  /// Plain HTTP runs on port 80 of the endpoints that are audited, and TLS on every other port.
  private static let tls = Clause.service(
    ServiceList([.service(.tcp(PortSet(80).complement()))]))
  private static let http = Clause.service(ServiceList([.service(.tcp(PortSet(80)))]))

  mutating func read(_ rule: SuricataRule) {
    protocolWord = rule.protocol
    readProtocol(rule.protocol)
    readKeywords(rule.options)
    switch application {
    case "tls": clausesSoFar.append(Self.tls)
    case "http": clausesSoFar.append(Self.http)
    default: break
    }
  }

  private mutating func readProtocol(_ word: String) {
    switch word {
    case "ip", "any": break
    case "ipv4", "ip4": clausesSoFar.append(.family(.ipv4))
    case "ipv6", "ip6": clausesSoFar.append(.family(.ipv6))
    case "tcp", "tcp-pkt", "tcp-stream":
      if word == "tcp-stream" { needsData = true }
      clausesSoFar.append(.service(ServiceList([.service(.tcp(.full))])))
    case "tls", "ssl":
      needsData = true
      clausesSoFar.append(Self.tls)
    case "http", "http1":
      needsData = true
      clausesSoFar.append(Self.http)
    case "icmp", "icmpv4", "icmpv6", "udp", "sctp":
      let number = IPProtocol.number(of: word == "icmpv4" ? "icmp" : word)
      clausesSoFar.append(.service(ServiceList([.service(Service(protocol: number))])))
    case "dns", "dhcp", "dcerpc", "enip", "ftp", "ftp-data", "http2", "ikev2", "ike", "imap",
      "krb5",
      "modbus", "mqtt", "msn", "nfs", "ntp", "pgsql", "quic", "rdp", "rfb", "sip", "smb", "smtp",
      "snmp", "ssh", "telnet", "tftp", "dnp3", "bittorrent-dht", "websocket", "ldap", "doh2":
      needsData = true
      clausesSoFar.append(
        .never("for the protocol \(word), which is neither TLS nor plain HTTP"))
    default: clausesSoFar.append(doubtClause("protocol `\(word)`"))
    }
  }

  /// Keywords that do not take part in matching.
  private static let silent: Set<String> = [
    "msg", "sid", "rev", "gid", "classtype", "reference", "metadata", "noalert", "target", "tag",
    "fast_pattern", "requires", "rawbytes", "alert", "prefilter",
  ]

  private static let buffers: [String: String] = [
    "tls.sni": "sni", "tls_sni": "sni", "http.host": "host", "http.host.raw": "host",
    "http.header_names": "header names",
  ]

  /// What only servers send.
  private static let answers = [
    "http.stat_code", "http.stat_msg", "http.response", "http.server", "http.location",
    "http_stat_code", "http_stat_msg", "http_server_body", "tls.cert", "tls.subject", "tls.issuer",
    "tls.certs", "tls_cert", "ja3s", "ja3s.hash", "ja3s.string",
  ]

  private mutating func readKeywords(_ options: [SuricataRule.Option]) {
    var tests = SuricataTests()
    for option in options {
      let keyword = option.keyword
      let value = option.value ?? ""
      if Self.silent.contains(keyword) { continue }
      switch keyword {
      case "priority":
        if let number = Int(value) {
          priority = number
        } else {
          add(doubtClause("priority `\(value)`"))
        }
      case "flow": readFlow(value)
      case "flags", "tcp.flags":
        asksForPackets = true
        flags = SuricataFlags(value)
        if flags == nil { add(doubtClause("TCP flags `\(value)`")) }
      case "ssl_state":
        needsData = true
        application = "tls"
        // Whatever else it names, the server's part comes after the client's.
        if value.lowercased() != "client_hello" { add(doubtClause("`ssl_state:\(value)`")) }
      case "app-layer-protocol": readApplication(value)
      case "flowbits": readFlowBit(value)
      case "aws_route_53_resolved_domain": resolved(SuricataRule.unquoted(value))
      case "aws_url_category", "aws_domain_category":
        let categories = SuricataRule.unquoted(value).split(separator: ",").map { $0.trimmed }
        add(.destination(EndpointList(categories.map { .category($0) })))
        needsData = true
        readsClient = true
      case "geoip":
        add(
          .requires(draft.doubt(.vendorTag, "countries `\(value)` of the addresses")))
      case "ttl", "dsize", "ipopts", "fragbits", "fragoffset", "window", "tcp.mss", "seq", "ack",
        "id", "tos", "tcp.hdr", "ipv4.hdr", "ipv6.hdr", "ip_proto", "stream_size", "threshold",
        "detection_filter":
        asksForPackets = true
        add(doubtClause("keyword `\(keyword)`"))
      default:
        if tests.take(keyword, value) { continue }
        readBuffer(keyword, &tests)
      }
    }
    for test in tests.all { apply(test) }
  }

  private mutating func add(_ clause: Clause) { clausesSoFar.append(clause) }

  private func doubtClause(_ what: String, _ kind: Condition.Kind = .unmodelled) -> Clause {
    let text = "\(what) is not evaluated"
    if isAlert { return .requires(Doubts().doubt(kind, text)) }
    return .requires(draft.doubt(kind, text, at: position))
  }

  private mutating func readBuffer(_ keyword: String, _ tests: inout SuricataTests) {
    if let known = Self.buffers[keyword] {
      tests.use(known)
      needsData = true
      readsClient = true
      application = known == "sni" ? "tls" : "http"
      return
    }
    if Self.answers.contains(where: { keyword == $0 || keyword.hasPrefix($0 + ".") }) {
      needsData = true
      readsServer = true
      application = keyword.hasPrefix("http") ? "http" : "tls"
      tests.use(keyword)
      return
    }
    if keyword.hasPrefix("http.") || keyword.hasPrefix("http_") {
      needsData = true
      readsClient = true
      application = "http"
      // The legacy form modifies the text before it, the newer one stands before the text.
      tests.use(keyword, isLegacy: keyword.hasPrefix("http_"))
    } else if keyword.hasPrefix("tls.") || keyword.hasPrefix("ja3") || keyword.hasPrefix("ja4")
      || keyword.hasPrefix("ssl_")
    {
      needsData = true
      application = "tls"
      tests.use(keyword)
    } else if keyword == "file_data" || keyword == "file.data" {
      needsData = true
      tests.use(keyword)
    }
    let isPath = keyword.hasPrefix("http") && keyword.contains("uri")
    add(doubtClause("keyword `\(keyword)`", isPath ? .urlPath : .unmodelled))
  }

  private mutating func readFlow(_ value: String) {
    for word in value.split(separator: ",").map({ $0.trimmed.lowercased() }) {
      asksForFlow = true
      switch word {
      case "established": established = true
      case "not_established": established = false
      case "to_server", "from_client": toServer = true
      case "to_client", "from_server": toClient = true
      case "stateless", "no_stream", "only_stream", "no_frag", "only_frag": break
      default: add(doubtClause("`flow:\(word)`"))
      }
    }
  }

  private mutating func readApplication(_ value: String) {
    needsData = true
    let isNegated = value.utf8.first == UInt8(ascii: "!")
    let parts = (isNegated ? String(value.dropFirst()) : value).split(separator: ",")
    let name = parts.first?.trimmed.lowercased() ?? ""
    switch name {
    case "tls", "ssl": add(isNegated ? Self.http : Self.tls)
    case "http", "http1": add(isNegated ? Self.tls : Self.http)
    case "failed", "unknown": if !isNegated { add(.never("for data that is no protocol")) }
    default: if !isNegated { add(.never("for the protocol \(name)")) }
    }
  }

  /// Setting a bit is a side effect; whether one is set depends on other rules.
  private mutating func readFlowBit(_ value: String) {
    let parts = value.split(separator: ",", maxSplits: 1).map { $0.trimmed.lowercased() }
    switch parts.first {
    case "set"?, "unset"?, "toggle"?, "noalert"?: break
    default: add(doubtClause("flow bit `\(value)`"))
    }
  }

  private mutating func resolved(_ text: String) {
    let terms = text.split(separator: ",").map { part -> EndpointTerm in
      guard let pattern = AWSNames.target(part.trimmed) else {
        return .condition(
          draft.doubt(.unresolved, "domain `\(part.trimmed)` is not readable", at: position))
      }
      return .host(pattern, .resolved)
    }
    add(.destination(EndpointList(terms)))
  }

  // MARK: Texts

  private mutating func apply(_ test: SuricataTests.Test) {
    needsData = protocolWord != "tcp-pkt" || needsData
    // Every HTTP request has headers: this is how generated rules say "any HTTP request".
    if test.buffer == "header names", test.text == "\r\n", test.start, !test.negated { return }
    guard test.buffer == "sni" || test.buffer == "host" else {
      // Buffers with a keyword of their own are a doubt already.
      if test.buffer == "payload" || test.buffer == "pattern" {
        if protocolWord == "tcp-pkt" { asksForPackets = true }
        add(doubtClause("text in the \(test.buffer)"))
      }
      return
    }
    readsClient = true
    application = application ?? (test.buffer == "sni" ? "tls" : "http")
    guard let pattern = test.pattern else {
      return add(
        doubtClause("`\(test.text)` in the \(test.buffer == "sni" ? "SNI" : "host")"))
    }
    // A client sends lower case, which capital letters without `nocase` do not match; some clients
    // may keep the case that a user typed. Behind `to_lowercase` and in `http.host`, which is lower
    // case already, capital letters match nothing.
    let hasCapitals = test.text.utf8.contains { (0x41...0x5A).contains($0) }
    let keepsCase = !test.isExpression && !test.ignoresCase && hasCapitals
    if keepsCase, test.lowercased || test.buffer == "host" {
      if !test.negated { add(.never("capital letters never match a name in lower case")) }
      return
    }
    add(
      .destination(
        EndpointList([.host(pattern, keepsCase ? .doubtful : .observed)], negated: test.negated)))
  }
}
