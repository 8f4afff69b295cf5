import { pluralOf } from '../language.ts';
import type { Sentences } from './en.ts';

const plural = pluralOf('pt');

/** Portuguese of Brazil. */
export const pt: Sentences = {
  unknown: 'Algo impediu.',

  'kommo.signed-out': 'O Ringside não está conectado ao Kommo. Entre para ver quem está ligando.',
  'kommo.unreachable':
    'Não é possível alcançar o Kommo. Verifique a conexão com a internet; o Ringside continua tentando.',
  'kommo.timeout': 'O Kommo não respondeu a tempo. O Ringside continua tentando.',
  'kommo.unauthorized': 'O Kommo não aceita mais este acesso. Entre de novo.',
  'kommo.unpaid': 'O Kommo diz que a conta não está paga ou que o teste terminou. Fale com o administrador.',
  'kommo.no-rights': 'O seu usuário do Kommo não pode ver isto. Peça a permissão ao administrador.',
  'kommo.blocked':
    'O Kommo bloqueou este escritório por um tempo por excesso de solicitações. Os nomes voltam sozinhos.',
  'kommo.not-found': 'O Kommo não tem mais este registro.',
  'kommo.rejected': 'O Kommo não aceitou a solicitação.',
  'kommo.too-many': 'O Kommo pede menos solicitações. O Ringside espera e tenta de novo.',
  'kommo.server': 'O Kommo está com uma falha própria. O Ringside tenta de novo.',
  'kommo.unreadable': 'O Kommo respondeu com algo que não é uma resposta. O Ringside tenta de novo.',
  'kommo.user': ({ id }) => `Usuário ${id}`,
  'kommo.other-account': ({ account, before }) => `O Ringside agora está conectado a ${account}; antes era ${before}.`,
  'kommo.other-account-calls': ({ account, before }) =>
    `O Ringside agora está conectado a ${account}; antes era ${before}. As chamadas que ainda esperavam por ${before} foram abandonadas; o histórico as mostra.`,
  'kommo.moved': ({ host }) =>
    `A sua conta do Kommo tem um endereço novo, ${host}. O Ringside já o usa; abra o Kommo lá e pareie o navegador de novo.`,

  'sign-in.other-answer': 'A resposta do Kommo é de outro acesso. Comece o acesso de novo pelo Ringside.',
  'sign-in.foreign-answer': 'A resposta do Kommo não pertence a este acesso. Comece o acesso de novo pelo Ringside.',
  'sign-in.denied': 'O Kommo foi instruído a não deixar o Ringside entrar. Entre de novo e escolha “Permitir”.',
  'sign-in.refused': ({ why }) => `O Kommo recusou o acesso (${why}). Tente de novo ou fale com o administrador.`,
  'sign-in.no-code': 'O Kommo não enviou nenhum código. Comece o acesso de novo pelo Ringside.',
  'sign-in.not-kommo': ({ host }) =>
    `A resposta indica um servidor que não é do Kommo (${host}). Nada foi enviado a ele.`,
  'sign-in.other-account': ({ allowed, host }) => `Você permitiu outra conta (${allowed}). Escolha ${host} ao entrar.`,
  'sign-in.unreachable': 'Não é possível alcançar o Kommo. Verifique a conexão com a internet e entre de novo.',
  'sign-in.blocked':
    'O Kommo não aceita mais solicitações deste escritório por um tempo. Espere alguns minutos e entre de novo.',
  'sign-in.unanswered': 'O Kommo não respondeu ao acesso como deveria. Espere um momento e entre de novo.',
  'sign-in.no-address': 'Esse não é o endereço de uma conta do Kommo. Ele tem a forma https://acme.kommo.com.',
  'sign-in.token-refused':
    'O Kommo não aceita este token. Copie-o de novo de “Chaves e escopos”, inteiro, e confira se ele não venceu.',
  'sign-in.no-integration':
    'Este computador não tem nenhuma integração do Kommo configurada. Peça ao administrador um arquivo de configurações.',
  'sign-in.cancelled': 'O acesso foi cancelado.',
  'sign-in.too-late': 'O acesso demorou mais de vinte minutos, e o Kommo não aceita mais o código. Comece de novo.',
  'sign-in.no-browser':
    'Não foi possível abrir o navegador. Escolha um navegador padrão nas configurações do sistema ou cole um código.',
  'sign-in.port-taken': ({ port }) => `Outro programa usa a porta ${port}, onde a resposta do Kommo deve chegar.`,
  'sign-in.not-listening': ({ host, why }) =>
    `O Ringside não consegue esperar a resposta do Kommo em ${host} (${why}).`,
  'sign-in.paste-instead': ({ why }) =>
    `${why} Escolha “Permitir” no navegador mesmo assim; depois copie o endereço da página em que você parar e cole aqui.`,
  'sign-in.unsaved':
    'O acesso não pôde ser gravado no disco e talvez não dure após um reinício. Libere espaço no disco; o Ringside tenta de novo.',
  'sign-in.page-good': 'Conectado',
  'sign-in.page-bad': 'Não conectado',
  'sign-in.answered': 'O Ringside recebeu a resposta do Kommo. Você pode fechar esta aba.',

  'code.none':
    'Isso não é um código do Kommo. Copie o endereço inteiro do navegador, ou o código inteiro, e cole de novo.',
  'code.old': 'Este código tem mais de vinte minutos, e o Kommo não o aceita mais. Comece o acesso de novo.',
  'code.used': 'Este código já foi usado; cada código vale uma vez. Comece o acesso de novo.',
  'code.other-integration':
    'Este código é de outra integração ou falta uma parte dele. Copie-o inteiro, da integração com que o Ringside foi configurado.',
  'code.other-account': 'Este código é de outra conta do Kommo. Escolha a sua conta ao permitir o Ringside.',
  'code.refused': ({ why }) => `O Kommo recusou o acesso (${why}). Comece de novo ou fale com o administrador.`,
  'integration.unknown':
    'O Kommo não conhece esta integração. Peça ao administrador que confira o ID da integração no arquivo de configurações.',
  'integration.secret':
    'O Kommo não aceita a chave secreta desta integração. Peça ao administrador um arquivo de configurações com a nova.',
  'integration.redirect': ({ address }) =>
    `O Kommo tem outro endereço de redirecionamento para esta integração. Peça ao administrador que registre lá exatamente ${address}.`,
  'renewal.integration': ({ why }) => `${why} As chamadas que esperam pelo Kommo ficam guardadas.`,
  'renewal.lost':
    'A conexão caiu enquanto o Kommo renovava este acesso, e o Kommo não aceita mais o anterior. Entre de novo. As chamadas que esperam pelo Kommo ficam guardadas.',
  'renewal.ended':
    'O Kommo encerrou este acesso. Talvez alguém tenha entrado com o seu usuário em outro computador, a integração tenha sido desativada ou o Ringside não tenha sido usado por três meses. Entre de novo. As chamadas que esperam pelo Kommo ficam guardadas.',
  'token.over':
    'O token de longa duração chegou ao fim. Entre com um novo. As chamadas que esperam pelo Kommo ficam guardadas.',
  'token.refused':
    'O Kommo não aceita mais o token de acesso. Entre com um novo. As chamadas que esperam pelo Kommo ficam guardadas.',

  'caller.unnamed': ({ why }) => `Não foi possível ler o nome. ${why}`,
  'number.withheld': 'Número oculto',
  'card.unknown-call': 'Esta chamada não é mais conhecida.',
  'card.not-set-up': 'O Ringside ainda não está configurado para o Kommo. Entre primeiro.',
  'card.private': 'Este número está na lista privada: o Kommo não fica sabendo dele.',
  'card.none': 'Não há nenhum cartão para este número.',
  'browser.too-many-opened':
    'Coisas demais foram abertas ao mesmo tempo no navegador. Espere dez segundos e tente de novo.',
  'card.no-browser': 'Não foi possível abrir o navegador. Escolha um navegador padrão nas configurações do sistema.',
  'card.too-late': 'Esta chamada já está a caminho do cartão. Escreva no cartão, no Kommo, quem era.',
  'people.signed-out': 'Entre no Kommo para pesquisar nos contatos.',
  'people.busy': 'O Kommo está ocupado com as chamadas. Espere um momento e pesquise de novo.',
  'people.no-rights': 'Você não pode ver os contatos no Kommo. Digite o número.',
  'people.not-searched': 'Não foi possível pesquisar no Kommo. Digite o número ou tente de novo.',

  'call.over': 'Esta chamada já terminou.',
  'call.on-desk-phone': 'Esta chamada está no telefone de mesa. Faça isso no próprio telefone de mesa.',
  'call.answered': 'Esta chamada já foi atendida.',
  'call.answered-hang-up': 'Esta chamada já foi atendida. Desligue em vez disso.',
  'call.quiet': 'Esta chamada não toca mais.',
  'call.not-answered': 'Esta chamada ainda não foi atendida.',
  'call.one-question': 'Consulte sobre uma chamada por vez: volte primeiro para quem ligou.',
  'call.transferring': 'Esta chamada já está sendo transferida.',
  'call.asking': 'Alguém já está sendo consultado. Conecte os dois ou volte primeiro para quem ligou.',
  'call.nobody-asked': 'Ninguém está sendo consultado ainda. Pergunte primeiro a um colega ou transfira sem perguntar.',
  'call.no-answer-yet': 'O seu colega ainda não atendeu. Espere a resposta ou transfira sem perguntar.',
  'call.phone-away': 'O telefone está reiniciando. Espere um momento e tente de novo.',
  'call.not-dialled': ({ number, why }) => `${number} não foi chamado. ${why}`,
  'call.not-connected': 'O telefone ainda não está conectado. Espere um momento e disque de novo.',
  'call.phone-restarts': 'O telefone está reiniciando. Espere um momento e disque de novo.',
  'call.at-limit': ({ calls }) =>
    plural(calls, {
      one: 'Já há uma chamada, e este telefone aceita uma de cada vez. Encerre essa chamada e disque de novo.',
      other:
        'Já há # chamadas, tantas quantas este telefone aceita ao mesmo tempo. Encerre uma delas e disque de novo.',
    }),
  'call.flooded': ({ calls }) =>
    plural(calls, {
      one: 'Chegaram mais chamadas do que este telefone aceita: # foi recusada e não aparece em separado. O histórico mostra quando. Se você não esperava por isso, peça ao administrador que verifique a central telefônica.',
      other:
        'Chegaram mais chamadas do que este telefone aceita: # foram recusadas e não aparecem uma a uma. O histórico mostra quando. Se você não esperava por isso, peça ao administrador que verifique a central telefônica.',
    }),
  'call.recovered': ({ number }) =>
    `O Ringside foi encerrado no meio de uma chamada com ${number}. O que se sabia dela está no histórico.`,
  'call.nothing-copied':
    'O que foi copiado não é um número para o qual se possa ligar. Copie um número e pressione as teclas de novo.',
  'call.link-gone': 'Este link não está mais esperando. Clique nele de novo.',
  'call.minute-over': 'O minuto depois desta chamada já passou. Escreva o resto no cartão, no Kommo.',

  'audio.device-changed': 'O microfone ou alto-falante em uso foi desconectado. Esta chamada continua com outro.',
  'audio.device-changed-to': ({ device }) =>
    `O microfone ou alto-falante em uso foi desconectado. Esta chamada continua com ${device}.`,
  'audio.interrupted':
    'A conexão desta chamada foi perdida. O Ringside está restabelecendo a conexão; continue na linha.',
  'audio.nothing-heard':
    'Há cinco segundos não se ouve nada do outro lado. Pergunte se ouvem você; se não, desligue e ligue de novo.',
  'audio.no-microphone':
    'Nenhum microfone foi encontrado. Conecte um e atenda de novo, ou atenda no seu telefone de mesa.',
  'audio.microphone-denied':
    'O sistema não deixa o Ringside usar o microfone. Permita nas configurações de privacidade e atenda de novo.',
  'audio.failed':
    'Não foi possível preparar o áudio desta chamada. O administrador pode conferir os servidores ICE nas configurações.',
  'audio-test.no-microphone': 'Nenhum microfone foi encontrado. Conecte um e teste de novo.',
  'audio-test.microphone-denied':
    'O sistema não deixa o Ringside usar o microfone. Permita nas configurações de privacidade e teste de novo.',
  'audio-test.failed':
    'Não foi possível abrir o microfone. Talvez outro programa o esteja usando: feche-o ou escolha outro microfone.',

  'phone.unreachable': ({ server }) =>
    `Não é possível alcançar a central telefônica em ${server}. Verifique a rede; o Ringside continua tentando.`,
  'phone.no-answer': ({ server }) => `A central telefônica em ${server} não responde. O Ringside continua tentando.`,
  'phone.nonsense': ({ server }) =>
    `O que responde em ${server} não é uma central telefônica que o Ringside entenda. Peça ao administrador que confira o endereço; o Ringside continua tentando.`,
  'phone.untrusted': ({ server }) =>
    `O certificado da central telefônica em ${server} não é confiável neste computador. Fale com o administrador.`,
  'phone.server-error': ({ server }) =>
    `A central telefônica em ${server} está com uma falha própria. O Ringside continua tentando.`,
  'phone.wrong-password': 'A central telefônica não aceita a senha deste ramal. Peça a certa ao administrador.',
  'phone.unknown-extension': 'A central telefônica não conhece este ramal. Peça ao administrador que o confira.',
  'phone.forbidden': 'A central telefônica não deixa este ramal se registrar. Fale com o administrador.',

  'desk-phone.asked-to-hang-up': ({ extension }) => `Foi pedido ao telefone de mesa ${extension} que desligue.`,
  'desk-phone.rings': ({ extension }) => `O telefone de mesa ${extension} está tocando. Tire-o do gancho e ele liga.`,
  'desk-phone.asked-to-call': ({ extension }) => `Foi pedido ao telefone de mesa ${extension} que ligue.`,
  'desk-phone.did-not-call': ({ extension, why }) => `O telefone de mesa ${extension} não ligou. ${why}`,
  'desk-phone.did-not-hang-up': ({ extension, why }) => `O telefone de mesa ${extension} não desligou. ${why}`,
  'desk-phone.do-it-there': 'Faça isso no próprio telefone de mesa.',
  'desk-phone.watch-retrying': ({ extension }) =>
    `A central telefônica não diz o que o telefone de mesa ${extension} faz. O Ringside continua perguntando.`,
  'desk-phone.watch-refused': ({ extension }) =>
    `A central telefônica não deixa o Ringside acompanhar o telefone de mesa ${extension}. Peça ao administrador que o permita.`,
  'desk-phone.not-watched': ({ extension }) => `O Ringside não acompanha o telefone de mesa ${extension}.`,
  'desk-phone.no-call': ({ extension, answer }) =>
    `A chamada do telefone de mesa ${extension} não se completou (${answer}).`,
  'desk-phone.nobody': ({ extension }) => `Ninguém atendeu o telefone de mesa ${extension}.`,
  'desk-phone.not-put-through': ({ extension, answer }) =>
    `Não foi possível conectar o telefone de mesa ${extension} (${answer}).`,
  'desk-phone.no-number': 'Esse não é um número que se possa discar.',
  'desk-phone.no-connection': 'Não há conexão com a central telefônica agora.',
  'desk-phone.only-rings': ({ extension }) =>
    `O telefone de mesa ${extension} ainda só está tocando. Recuse a chamada no próprio telefone de mesa.`,
  'desk-phone.unclear': ({ extension }) =>
    `A central telefônica não diz o bastante sobre esta chamada para encerrá-la daqui. Desligue no próprio telefone de mesa ${extension}.`,
  'desk-phone.away': ({ extension }) =>
    `O telefone de mesa ${extension} não está conectado à central telefônica agora.`,
  'desk-phone.busy': ({ extension }) => `O telefone de mesa ${extension} está ocupado.`,
  'desk-phone.declined': ({ extension }) => `A chamada foi recusada no telefone de mesa ${extension}.`,
  'desk-phone.no-answer': ({ extension }) => `O telefone de mesa ${extension} não atendeu.`,
  'desk-phone.dial-refused': ({ extension, answer }) =>
    `A central telefônica não deixa o Ringside discar pelo telefone de mesa ${extension} (${answer}). Disque no próprio telefone de mesa ou fale com o administrador.`,
  'desk-phone.hang-up-refused': ({ extension, answer }) =>
    `A central telefônica não deixa o Ringside desligar pelo telefone de mesa ${extension} (${answer}). Desligue no próprio telefone de mesa.`,

  'browser.locked-seconds': ({ seconds }) =>
    `Foram digitados códigos de pareamento errados demais. Um novo código pode ser criado em ${plural(seconds, { one: '# segundo', other: '# segundos' })}.`,
  'browser.locked-minutes': ({ minutes }) =>
    `Foram digitados códigos de pareamento errados demais. Um novo código pode ser criado em ${plural(minutes, { one: '# minuto', other: '# minutos' })}.`,
  'browser.other-account': ({ other, own }) =>
    `Uma página do Kommo de outra conta (${other}) procura o Ringside, que está conectado a ${own}. Entre nos dois com o mesmo usuário da mesma conta.`,
  'browser.other-user':
    'Uma aba do Kommo está com outro usuário que não o do Ringside. Entre nos dois com o mesmo usuário.',
  'browser.no-port': ({ ports }) =>
    `O Ringside não consegue falar com o navegador: outros programas usam todas as suas portas (${ports}). Feche um deles; o Ringside continua tentando.`,
  'browser.some': 'Um navegador',
  'browser.name': ({ browser, system }) => `${browser} no ${system}`,
  'browser.not-paired': 'Este navegador não está mais pareado.',

  'history.damaged-none': ({ file }) =>
    `O histórico de chamadas estava danificado. Nenhuma chamada pôde ser lida; o arquivo danificado fica guardado como ${file} para o administrador.`,
  'history.damaged': ({ calls, file }) =>
    `O histórico de chamadas estava danificado. ${plural(calls, {
      one: 'A única chamada que pôde ser lida foi mantida',
      other: '# chamadas que puderam ser lidas foram mantidas',
    })}; o arquivo danificado fica guardado como ${file} para o administrador.`,
  'history.unusable':
    'O histórico de chamadas não pode ser gravado no disco: as chamadas só ficam guardadas até o Ringside ser fechado. Libere espaço no disco e abra o Ringside de novo.',
  'history.full':
    'O disco está cheio: as últimas chamadas ficam na memória e ainda vão para o Kommo, mas se perdem se o Ringside for fechado agora. Libere espaço no disco; o Ringside as grava sozinho.',
  'history.not-exported': ({ code }) =>
    `Não foi possível gravar o arquivo (${code}). Escolha outra pasta ou libere espaço no disco.`,
  'file.being-chosen': 'Já há uma janela aberta que pergunta onde salvar. Responda a ela primeiro.',
  'file.unknown-error': 'erro desconhecido',
  'recording.none': 'Não há gravação desta chamada.',
  'recording.no-address': 'O endereço da gravação não pode ser aberto.',
  'recording.not-opened':
    'Não foi possível abrir a gravação. Escolha um navegador padrão nas configurações do sistema.',
  'recording.gave-up': 'A central não a teve a tempo. A chamada em si fica guardada.',
  'recording.not-an-address':
    'O endereço da gravação não é um endereço, por isso o reprodutor do Kommo não consegue abri-la.',
  'recording.private':
    'A gravação está em um endereço privado: o reprodutor do Kommo só a abre onde essa rede pode ser alcançada. Dê a ela um endereço que todo navegador possa abrir.',
  'recording.http':
    'O endereço da gravação é http: a página do Kommo é https e os navegadores não a deixam reproduzir isso. Forneça as gravações por https.',
  'recording.wav':
    'A gravação é um arquivo .wav, que o reprodutor do Kommo talvez não reproduza. Faça a central guardar as gravações em mp3.',
  'delivery.was-for': ({ account }) => `Esta chamada era da conta do Kommo ${account}.`,
  'delivery.is-for': ({ account }) => `Ela é da conta do Kommo ${account} e não vai para nenhuma outra. Entre lá.`,
  'delivery.given-up': 'Você abandonou esta chamada ao sair.',
  'delivery.not-looked-up':
    'A resposta do Kommo se perdeu, e o Kommo não deixa você ver se a chamada está no cartão. Peça ao administrador a permissão para ver: para não ficar lá duas vezes, ela só é enviada de novo depois de olhar.',
  'delivery.unknown-agent':
    'O Ringside ainda não sabe quem está conectado ao Kommo. A chamada é salva assim que souber.',
  'delivery.no-tab': 'Nenhuma aba do Kommo com o Ringside está aberta. A chamada aparece lá quando houver uma.',
  'archive.not-made':
    'Não foi possível criar o arquivo. Escolha outra pasta; se não adiantar, diga ao suporte o que o registro mostra.',

  'column.started': 'Início (UTC)',
  'column.answered': 'Atendida (UTC)',
  'column.ended': 'Fim (UTC)',
  'column.direction': 'Direção',
  'column.result': 'Resultado',
  'column.number': 'Número',
  'column.name': 'Nome',
  'column.card': 'Cartão do Kommo',
  'column.ring-seconds': 'Segundos tocando',
  'column.talk-seconds': 'Segundos de conversa',
  'column.line': 'Linha',
  'column.extension': 'Ramal',
  'column.agent': 'Agente',
  'column.agent-result': 'Resultado do agente',
  'column.note': 'Nota',
  'column.transferred-to': 'Transferida para',
  'column.recording': 'Gravação',

  'settings.locked': 'Esta configuração não pode ser mudada aqui. Fale com o administrador.',
  'settings.unknown-language': ({ language }) =>
    `O Ringside não fala o idioma ${language} que está nas suas preferências. Escolha um nas configurações; até lá vale o do sistema.`,
  'settings.unusable': 'Esta configuração não aceita esse valor. Escolha outro.',
  'settings.wait': 'As configurações do telefone mudaram. Elas passam a valer assim que esta chamada terminar.',
  'settings.no-vault':
    'Este sistema não tem um lugar seguro para senhas. O Ringside guarda as suas em um arquivo que só você pode ler; fale com o administrador sobre um chaveiro de senhas.',
  'policy.not-owned': ({ file, part }) =>
    `A política ${file} não é usada: ${part} pode ser alterado por outros que não o administrador. Passe-o para o root e tire dos demais a permissão de escrita.`,
  'policy.unusable': ({ file, why }) =>
    `A política ${file} não pode ser usada (${why}). Peça ao administrador que a corrija.`,
  'policy.no-object': 'não é um objeto JSON',
  'policy.unreadable': 'A política deste computador não pode ser lida. Peça ao administrador que a corrija.',
  'provisioning.unusable': ({ file, errors }) =>
    [`O arquivo de configurações ${file} não pode ser usado:`, ...errors.map((error) => `  ${error}`)].join('\n'),
  'provisioning.field': ({ field, what }) => `${field}: ${what}`,
  'provisioning.set-up':
    'O Ringside já está configurado. Saia primeiro do Kommo ou peça ao administrador que altere as configurações.',
  'provisioning.question': 'Configurar o Ringside de novo?',
  'provisioning.leads-to': ({ host, servers }) =>
    `Este arquivo leva o Ringside ao Kommo em ${host} e à central telefônica em ${servers}. As suas chamadas passarão então por essa central e serão escritas nessa conta. Diga que sim só se foi o administrador que lhe deu este arquivo.`,
  'question.no': 'Não, deixar como está',
  'provisioning.yes': 'Sim, usar este arquivo',
  'question.open': 'Já há uma janela aberta com uma pergunta. Responda a ela primeiro.',
  'provisioning.declined': 'Você disse não a este arquivo. Nada mudou.',
  'account.question': 'Continuar com outra conta do Kommo?',
  'account.leads-to': ({ account, before }) =>
    `As suas chamadas seriam então escritas em ${account}, e não mais em ${before}. Diga que sim só se acabou de pedir isso.`,
  'account.yes': 'Sim, mudar de conta',
  'account.over': 'Essa entrada já terminou. Entre de novo na outra conta.',
  'account.declined': 'Você disse não à outra conta. Nada mudou.',
  'provisioning.chosen': 'que você escolheu',
  'provisioning.policy': 'do sistema (política)',
  'provisioning.until-then': ({ what }) => `${what}\nAté que seja corrigido, valem as configurações de antes.`,
  'provisioning.unreadable': ({ file, why }) =>
    `O arquivo de configurações ${file} não pode ser lido (${why}). Confira o caminho e as permissões.`,
  'provisioning.expected': ({ what }) => `esperava-se ${what}`,
  'provisioning.missing': ({ what }) => `falta; esperava-se ${what}`,
  'provisioning.no-such-field': 'não existe este campo: remova-o ou confira como está escrito',
  'provisioning.json': 'JSON; não é',
  'provisioning.json-at': ({ position }) => `JSON; não é (na posição ${position})`,

  'expected.value': 'um valor',
  'expected.object': 'um objeto { … }',
  'expected.text': 'texto',
  'expected.some-text': 'um texto que não esteja vazio',
  'expected.list': 'uma lista',
  'expected.flag': 'true ou false',
  'expected.one-of': ({ values }) => `${values.slice(0, -1).join(', ')} ou ${values.at(-1) ?? ''}`,
  'expected.whole-number': ({ min, max }) => `um número inteiro de ${min} a ${max}`,
  'expected.share': 'um número de 0 a 1',
  'expected.kommo-address': 'um endereço como https://acme.kommo.com',
  'expected.kommo-address-only': 'um endereço como https://acme.kommo.com, sem caminho',
  'expected.https': 'um endereço https (http só neste computador)',
  'expected.wss': 'um endereço wss como wss://pbx.acme.example/ws (ws só neste computador)',
  'expected.servers': 'um endereço wss, ou uma lista de um a oito, o preferido primeiro',
  'expected.redirect':
    'um endereço http com uma porta deste computador, como http://127.0.0.1:17653/oauth/callback, ou um endereço https',
  'expected.sip-address': 'um endereço SIP como sip:101@pbx.acme.example',
  'expected.ice': 'um endereço como stun:stun.acme.example:3478',
  'expected.ice-list': 'um endereço como stun:stun.acme.example:3478, ou uma lista deles',
  'expected.desktops': 'um número de computadores, ou os seus ramais, como "101-140, 205"',
  'expected.authorities':
    'o texto PEM de uma autoridade certificadora (-----BEGIN CERTIFICATE-----…), ou uma lista de tais textos',
  'expected.extensions': 'uma lista de ramais',
  'expected.extension': 'um ramal',
  'expected.users': 'uma lista de qual usuário tem cada ramal',
  'expected.user': 'o número de um usuário do Kommo',
  'expected.private': 'um número, o começo de um como +1415*, ou um usuário SIP; * para quaisquer dígitos, ? para um',
  'expected.numbers': 'uma lista de números',
  'expected.box': 'o número de uma caixa postal como *97',
  'expected.country': 'um país como US',
  'expected.country-letters': 'um país de duas letras maiúsculas como US',
  'expected.line-header': '"Diversion", "To" ou um cabeçalho como X-Line',
  'expected.header': 'o nome de um cabeçalho',
  'expected.header-such-as': 'o nome de um cabeçalho como X-Recording-URL',
  'expected.template': 'um endereço http(s) que pode conter {callId}',
  'expected.keys': 'teclas como CommandOrControl+Alt+A',
  'expected.fields': 'uma lista de nomes de campos',
  'expected.certificate': 'um certificado em PEM; este não pode ser lido',
  'expected.authority': 'o certificado de uma autoridade (CA:TRUE), não o do servidor',
  'expected.valid-authority': ({ ended }) => `uma autoridade ainda válida; esta terminou em ${ended}`,

  'toast.open': 'Abrir cartão',
  'toast.answer': 'Atender',
  'toast.decline': 'Recusar',
  'toast.incoming': 'Chamada recebida',
  'toast.in-call': 'Em chamada',
  'toast.call': 'Chamada',
  'toast.calling': 'Ligando',
  'toast.watched': 'No telefone de mesa',
  'toast.watched-ringing': 'Toca no telefone de mesa',
  'toast.watched-calling': 'O telefone de mesa está ligando',
  'toast.matches': ({ people }) => plural(people, { one: '# correspondência', other: '# correspondências' }),
  'toast.waiting': 'Você está em uma chamada: ao atender, ela fica em espera.',
  'toast.line': ({ line }) => `Linha: ${line}`,
  'toast.missed': 'Chamada perdida',
  'toast.voicemail': 'Foi para a caixa postal',
  'toast.still-there': 'O Ringside continua aberto',
  'toast.still-there-lead': 'Ele recebe chamadas na bandeja do sistema. Para encerrar, escolha lá Sair do Ringside.',
  'toasts.unsupported':
    'Este sistema não mostra notificações do Ringside. As chamadas recebidas aparecem na janela dele.',
  'toasts.not-shown': 'O sistema não mostrou a notificação.',
  'toasts.off-in-windows':
    'O Windows está com as notificações do Ringside desativadas. Ative-as em Configurações, Sistema, Notificações.',
  'toasts.refused': 'O sistema recusou a notificação. As chamadas recebidas aparecem na janela do Ringside.',
  'toasts.none':
    'Esta área de trabalho não mostra notificações agora. As chamadas recebidas aparecem na janela do Ringside.',

  'tray.registered': 'pronto para chamadas',
  'tray.trying': 'conectando à central telefônica',
  'tray.refused': 'sem conexão com a central telefônica',
  'tray.in-call': 'em uma chamada',
  'tray.do-not-disturb': 'não perturbe',
  'tray.state': ({ state }) => `Ringside: ${state}`,
  'tray.state-missed': ({ state, calls }) =>
    `Ringside: ${state} · ${plural(calls, { one: '# chamada perdida', other: '# chamadas perdidas' })}`,
  'tray.open': 'Abrir o Ringside',
  'tray.quiet': 'Não perturbe',
  'tray.install': ({ version }) => `Instalar o Ringside ${version}`,
  'tray.quit': 'Sair do Ringside',

  'update.ready': ({ version }) =>
    `O Ringside ${version} está pronto. Escolha Instalar o Ringside ${version} no menu da bandeja quando for conveniente; o Ringside abre de novo sozinho.`,
  'update.later': 'O Ringside não é atualizado durante uma chamada. Escolha de novo depois.',

  'panel.refused': 'Recusado.',
  'panel.unknown-request': 'O Ringside não conhece esta solicitação.',
  'panel.unusable': 'O Ringside não pode usar isso. Confira o que você digitou.',
  'panel.failed': 'Isso não funcionou. Tente de novo.',
  'file.csv': 'Tabela (CSV)',
  'file.zip': 'Arquivo compactado (ZIP)',
  'start.refused': 'O Ringside não pode iniciar',
  'start.no-file': ({ flag }) => `Depois de ${flag} é preciso um arquivo.`,
  'start.no-folder': ({ flag }) => `Depois de ${flag} é preciso uma pasta.`,
  'start.no-profile': ({ folder, why }) =>
    `Não é possível criar a pasta do perfil ${folder} (${why}). Indique outra com --profile.`,
  'start.running': 'O Ringside já está aberto com este perfil; a janela dele é mostrada.',
};
