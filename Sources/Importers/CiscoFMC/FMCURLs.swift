import ImportKit

extension FMCObjects {
  /// For what a URL object is used, which settles how it is read.
  enum URLPurpose: String {
    /// Plain HTTP, where host and path are seen.
    case http
    /// TLS, where the name comes from the handshake.
    case tls
  }

  mutating func url(_ reference: Item, _ purpose: URLPurpose) -> EndpointTerm {
    if ["siurllist", "siurlfeed"].contains(reference.type) {
      return .condition(
        draft.doubt(
          .externalList, "URL list `\(reference.name)`: its contents are not in the export"))
    }
    let key = "\(key("url", reference))/\(purpose.rawValue)"
    if let known = draft.objects.endpoint(key) { return .object(known) }
    guard let item = resolve(reference) else {
      return .condition(unresolved("URL object", reference))
    }
    let number = draft.objects.addEndpoint(
      id: key, name: reference.name, kind: reference.value["type"]?.string ?? "",
      position: item.position)
    queue.add(number, .url(item, purpose))
    return .object(number)
  }

  /// A URL typed into a rule or group becomes an object, since it may be in doubt.
  func urlLiteral(_ item: Item, _ purpose: URLPurpose) -> EndpointTerm {
    let text = item.value["url"]?.string ?? ""
    let key = "url literal/\(text)/\(purpose.rawValue)"
    if let known = draft.objects.endpoint(key) { return .object(known) }
    let number = draft.objects.addEndpoint(
      id: key, name: text, kind: "URL", position: item.position)
    draft.objects.setEndpoint(number, urlValue(text, item, purpose))
    return .object(number)
  }

  mutating func urlDefinition(_ item: Item, _ purpose: URLPurpose) -> EndpointList {
    let record = item.record
    var list: EndpointList
    if record.has("objects") || record.has("literals") {
      var terms: [EndpointTerm] = []
      if let cell = contents(item, record) {
        terms =
          cell.objects.map { url($0, purpose) } + cell.literals.map { urlLiteral($0, purpose) }
        if let doubt = doubt(cell, of: "group `\(item.name)`", at: item.position) {
          terms.append(.condition(doubt))
        }
      }
      list = EndpointList(terms)
    } else {
      list = urlValue(record.text("url") ?? "", item, purpose)
    }
    list.exceptions += wholeDoubts(item, record)
    return list
  }

  /// "The system determines the requested URL based on information passed during the TLS/SSL
  /// handshake: the subject common name in the public key certificate" (docs.defenseorchestrator.com,
  /// "Filtering HTTPS Traffic"); newer releases read the name in the ClientHello too. Which of them
  /// counts, and what the certificate says, is not in the export.
  private func urlValue(_ text: String, _ item: Item, _ purpose: URLPurpose) -> EndpointList {
    guard let parsed = FMCNames.url(text, isCurrent: isCurrent) else {
      return EndpointList([draft.oddHost(text, in: "a URL object", at: item.position)])
    }
    if purpose == .tls {
      var terms: [EndpointTerm] = [.url(parsed.certain)]
      if let older = parsed.older { terms.append(.url(older)) }
      return EndpointList(
        terms,
        except: [
          .condition(
            draft.doubt(
              .patternReading,
              "URL objects are compared with the name that the TLS handshake shows, which may be "
                + "that of the certificate"))
        ])
    }
    guard let older = parsed.older else { return EndpointList([.url(parsed.certain)]) }
    let key = "older url/\(text)"
    let number =
      draft.objects.endpoint(key)
      ?? draft.objects.addEndpoint(id: key, name: text, kind: "URL", position: item.position)
    draft.objects.setEndpoint(
      number,
      EndpointList(
        [.url(older)],
        except: [
          .condition(
            draft.doubt(
              .patternReading,
              "releases before 7.0 take `\(text)` anywhere in a URL (packetu.com, \"Manual URL "
                + "Filtering in Firepower\"), later ones as the end of the host "
                + "(docs.defenseorchestrator.com, \"URL Objects\"), and the release is not in the "
                + "export"))
        ]))
    return EndpointList([.url(parsed.certain), .object(number)])
  }
}
