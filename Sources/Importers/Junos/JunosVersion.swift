/// The release that a configuration was written by.
struct JunosVersion {
  private let year: Int
  private let number: Int
  /// 46 in 12.1X46; 0 for other trains.
  private let train: Int

  /// Reads `18.4R1-S3.1` or `12.1X46-D15.3`.
  init(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1)
    year = parts.first.flatMap { Int($0) } ?? 0
    let rest = parts.count > 1 ? parts[1] : ""
    number = Int(rest.prefix { $0.isNumber }) ?? 0
    let tail = rest.drop { $0.isNumber }
    train = tail.hasPrefix("X") ? Int(tail.dropFirst().prefix { $0.isNumber }) ?? 0 : 0
  }

  /// How URL patterns are read. Sources: juniper.net, statement `url-pattern`; kb.juniper.net
  /// KB32012.
  enum PatternGrammar {
    /// Before 12.1X46: `http://*.` is anything in front of a name.
    case anyPrefix
    /// 12.1X46: the one or the other, by the size of the device.
    case mixed
    /// 12.1X47 to 20.3: `http://*.` is one word.
    case oneWord
    /// From 20.4R1 on: `*` is any number of words, also none; `^` is one.
    case words
    /// The export does not say which release wrote it.
    case unknown
  }

  var grammar: PatternGrammar {
    guard year > 0 else { return .unknown }
    if (year, number) >= (20, 4) { return .words }
    // "Beginning with Junos OS 12.1X46 on high-end SRX devices and 12.1X47 on Branch SRX".
    if (year, number) > (12, 1) { return .oneWord }
    guard (year, number) == (12, 1), train >= 46 else { return .anyPrefix }
    return train == 46 ? .mixed : .oneWord
  }

  /// Whether web filtering reads the name in a TLS handshake. "Traditionally … the SRX device used
  /// the destination IP address from the HTTPS packet"; names came with 12.3X48 and 15.1X49
  /// (kb.juniper.net KB31122, and juniper.net "Enhanced Web Filtering Overview"), in the former train
  /// with a maintenance release that is not told here.
  var readsTLSNames: Bool { (year, number) >= (15, 1) }
}
