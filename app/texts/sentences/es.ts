import { pluralOf } from '../language.ts';
import type { Sentences } from './en.ts';

const plural = pluralOf('es');

export const es: Sentences = {
  unknown: 'Algo lo impidió.',

  'kommo.signed-out': 'Ringside no tiene la sesión iniciada en Kommo. Inicia sesión para ver quién llama.',
  'kommo.unreachable': 'No se puede llegar a Kommo. Revisa la conexión a internet; Ringside sigue intentándolo.',
  'kommo.timeout': 'Kommo no respondió a tiempo. Ringside sigue intentándolo.',
  'kommo.unauthorized': 'Kommo ya no acepta este inicio de sesión. Inicia sesión de nuevo.',
  'kommo.unpaid': 'Kommo dice que la cuenta no está pagada o que su prueba terminó. Pregunta a tu administrador.',
  'kommo.no-rights': 'Tu usuario de Kommo no puede ver esto. Pide el permiso a tu administrador.',
  'kommo.blocked':
    'Kommo ha bloqueado esta oficina por un tiempo por demasiadas solicitudes. Los nombres vuelven por sí solos.',
  'kommo.not-found': 'Kommo ya no tiene este elemento.',
  'kommo.rejected': 'Kommo no aceptó la solicitud.',
  'kommo.too-many': 'Kommo pide menos solicitudes. Ringside espera y vuelve a intentarlo.',
  'kommo.server': 'Kommo tiene un fallo propio. Ringside vuelve a intentarlo.',
  'kommo.unreadable': 'Kommo contestó con algo que no es una respuesta. Ringside vuelve a intentarlo.',
  'kommo.user': ({ id }) => `Usuario ${id}`,
  'kommo.other-account': ({ account, before }) => `Ringside ha iniciado sesión en ${account}; antes era ${before}.`,
  'kommo.other-account-calls': ({ account, before }) =>
    `Ringside ha iniciado sesión en ${account}; antes era ${before}. Se renunció a las llamadas que aún esperaban a ${before}; el historial las muestra.`,
  'kommo.moved': ({ host }) =>
    `Tu cuenta de Kommo tiene una dirección nueva, ${host}. Ringside ya la usa; abre Kommo allí y vincula de nuevo tu navegador.`,

  'sign-in.other-answer':
    'La respuesta de Kommo es de otro inicio de sesión. Empieza de nuevo el inicio de sesión desde Ringside.',
  'sign-in.foreign-answer':
    'La respuesta de Kommo no corresponde a este inicio de sesión. Empieza de nuevo el inicio de sesión desde Ringside.',
  'sign-in.denied': 'Se le dijo a Kommo que no dejara entrar a Ringside. Inicia sesión de nuevo y elige «Permitir».',
  'sign-in.refused': ({ why }) =>
    `Kommo rechazó el inicio de sesión (${why}). Inténtalo de nuevo o pregunta a tu administrador.`,
  'sign-in.no-code': 'Kommo no envió ningún código. Empieza de nuevo el inicio de sesión desde Ringside.',
  'sign-in.not-kommo': ({ host }) =>
    `La respuesta nombra un servidor que no es de Kommo (${host}). No se le envió nada.`,
  'sign-in.other-account': ({ allowed, host }) =>
    `Permitiste otra cuenta (${allowed}). Elige ${host} cuando inicies sesión.`,
  'sign-in.unreachable': 'No se puede llegar a Kommo. Revisa la conexión a internet e inicia sesión de nuevo.',
  'sign-in.blocked':
    'Kommo no acepta más solicitudes de esta oficina por un tiempo. Espera unos minutos e inicia sesión de nuevo.',
  'sign-in.unanswered':
    'Kommo no respondió al inicio de sesión como debía. Espera un momento e inicia sesión de nuevo.',
  'sign-in.no-address': 'Esa no es la dirección de una cuenta de Kommo. Tiene la forma https://acme.kommo.com.',
  'sign-in.token-refused':
    'Kommo no acepta este token. Cópialo otra vez de «Claves y permisos», entero, y comprueba que no haya caducado.',
  'sign-in.no-integration':
    'Este equipo no tiene configurada ninguna integración de Kommo. Pide a tu administrador un archivo de ajustes.',
  'sign-in.cancelled': 'Se canceló el inicio de sesión.',
  'sign-in.too-late':
    'El inicio de sesión tardó más de veinte minutos y Kommo ya no acepta el código. Empiézalo de nuevo.',
  'sign-in.no-browser':
    'No se pudo abrir el navegador. Elige un navegador predeterminado en los ajustes del sistema o pega un código.',
  'sign-in.port-taken': ({ port }) => `Otro programa usa el puerto ${port}, donde debe llegar la respuesta de Kommo.`,
  'sign-in.not-listening': ({ host, why }) => `Ringside no puede esperar la respuesta de Kommo en ${host} (${why}).`,
  'sign-in.paste-instead': ({ why }) =>
    `${why} Elige «Permitir» en el navegador de todos modos; después copia la dirección de la página en la que termines y pégala aquí.`,
  'sign-in.unsaved':
    'El inicio de sesión no se pudo escribir en el disco y quizá no dure tras un reinicio. Haz sitio en el disco; Ringside vuelve a intentarlo.',
  'sign-in.page-good': 'Sesión iniciada',
  'sign-in.page-bad': 'Sesión no iniciada',
  'sign-in.answered': 'Ringside tiene la respuesta de Kommo. Puedes cerrar esta pestaña.',

  'code.none':
    'Eso no es un código de Kommo. Copia la dirección entera del navegador, o el código entero, y pégalo de nuevo.',
  'code.old': 'Este código tiene más de veinte minutos y Kommo ya no lo acepta. Empieza de nuevo el inicio de sesión.',
  'code.used': 'Este código ya se usó; cada código sirve una vez. Empieza de nuevo el inicio de sesión.',
  'code.other-integration':
    'Este código es de otra integración o le falta una parte. Cópialo entero, de la integración con la que se configuró Ringside.',
  'code.other-account': 'Este código es de otra cuenta de Kommo. Elige tu cuenta cuando des permiso a Ringside.',
  'code.refused': ({ why }) =>
    `Kommo rechazó el inicio de sesión (${why}). Empiézalo de nuevo o pregunta a tu administrador.`,
  'integration.unknown':
    'Kommo no conoce esta integración. Pide a tu administrador que revise el ID de la integración en el archivo de ajustes.',
  'integration.secret':
    'Kommo no acepta la clave secreta de esta integración. Pide a tu administrador un archivo de ajustes con la nueva.',
  'integration.redirect': ({ address }) =>
    `Kommo tiene otra dirección de redirección para esta integración. Pide a tu administrador que registre allí exactamente ${address}.`,
  'renewal.integration': ({ why }) => `${why} Las llamadas que esperan a Kommo se conservan.`,
  'renewal.lost':
    'La conexión se cortó mientras Kommo renovaba este inicio de sesión, y Kommo ya no acepta el anterior. Inicia sesión de nuevo. Las llamadas que esperan a Kommo se conservan.',
  'renewal.ended':
    'Kommo ha terminado esta sesión. Quizá alguien inició sesión con tu usuario en otro equipo, se desactivó la integración o Ringside no se usó durante tres meses. Inicia sesión de nuevo. Las llamadas que esperan a Kommo se conservan.',
  'token.over':
    'El token de larga duración ha llegado a su fin. Inicia sesión con uno nuevo. Las llamadas que esperan a Kommo se conservan.',
  'token.refused':
    'Kommo ya no acepta el token de acceso. Inicia sesión con uno nuevo. Las llamadas que esperan a Kommo se conservan.',

  'caller.unnamed': ({ why }) => `No se pudo leer el nombre. ${why}`,
  'number.withheld': 'Número oculto',
  'card.unknown-call': 'Esta llamada ya no se conoce.',
  'card.not-set-up': 'Ringside aún no está configurado para Kommo. Inicia sesión primero.',
  'card.private': 'Este número está en la lista privada: a Kommo no se le dice nada de él.',
  'card.none': 'No hay ninguna ficha para este número.',
  'browser.too-many-opened':
    'Se han abierto demasiadas cosas a la vez en el navegador. Espera diez segundos e inténtalo de nuevo.',
  'card.no-browser': 'No se pudo abrir el navegador. Elige un navegador predeterminado en los ajustes del sistema.',
  'card.too-late': 'Esta llamada ya va camino de su ficha. Escribe en la ficha, en Kommo, quién era.',
  'people.signed-out': 'Inicia sesión en Kommo para buscar en sus contactos.',
  'people.busy': 'Kommo está ocupado con las llamadas. Espera un momento y busca de nuevo.',
  'people.no-rights': 'No puedes ver los contactos en Kommo. Escribe el número.',
  'people.not-searched': 'No se pudo buscar en Kommo. Escribe el número o inténtalo de nuevo.',

  'call.over': 'Esta llamada ya terminó.',
  'call.on-desk-phone': 'Esta llamada está en el teléfono de mesa. Hazlo en el propio teléfono de mesa.',
  'call.answered': 'Esta llamada ya está contestada.',
  'call.answered-hang-up': 'Esta llamada ya está contestada. Mejor cuelga.',
  'call.quiet': 'Esta llamada ya no suena.',
  'call.not-answered': 'Esta llamada aún no está contestada.',
  'call.one-question': 'Consulta una llamada cada vez: vuelve primero con quien llama.',
  'call.transferring': 'Esta llamada ya se está transfiriendo.',
  'call.asking': 'Ya estás consultando a alguien. Conéctalos o vuelve primero con quien llama.',
  'call.nobody-asked': 'Aún no consultas a nadie. Pregunta primero a un compañero o transfiere sin preguntar.',
  'call.no-answer-yet': 'Tu compañero aún no ha contestado. Espera la respuesta o transfiere sin preguntar.',
  'call.phone-away': 'El teléfono se está reiniciando. Espera un momento e inténtalo de nuevo.',
  'call.not-dialled': ({ number, why }) => `No se llamó a ${number}. ${why}`,
  'call.not-connected': 'El teléfono aún no está conectado. Espera un momento y marca de nuevo.',
  'call.phone-restarts': 'El teléfono se está reiniciando. Espera un momento y marca de nuevo.',
  'call.at-limit': ({ calls }) =>
    plural(calls, {
      one: 'Ya hay una llamada, y este teléfono admite una a la vez. Termínala y marca de nuevo.',
      other: 'Ya hay # llamadas, tantas como admite este teléfono a la vez. Termina una de ellas y marca de nuevo.',
    }),
  'call.flooded': ({ calls }) =>
    plural(calls, {
      one: 'Llegaron más llamadas de las que admite este teléfono: se rechazó # que no aparece por separado. El historial muestra cuándo. Si no la esperabas, pide a tu administrador que revise la centralita.',
      other:
        'Llegaron más llamadas de las que admite este teléfono: se rechazaron # que no aparecen una por una. El historial muestra cuándo. Si no las esperabas, pide a tu administrador que revise la centralita.',
    }),
  'call.recovered': ({ number }) =>
    `Ringside se cerró en medio de una llamada con ${number}. Lo que se sabía de ella está en el historial.`,
  'call.nothing-copied':
    'Lo que se copió no es un número al que se pueda llamar. Copia un número y pulsa las teclas de nuevo.',
  'call.link-gone': 'Este enlace ya no espera. Haz clic en él de nuevo.',
  'call.minute-over': 'El minuto posterior a esta llamada ya pasó. Escribe el resto en su ficha, en Kommo.',

  'audio.device-changed': 'Se desconectó el micrófono o el altavoz que estaba en uso. Esta llamada sigue con otro.',
  'audio.device-changed-to': ({ device }) =>
    `Se desconectó el micrófono o el altavoz que estaba en uso. Esta llamada sigue con ${device}.`,
  'audio.interrupted': 'Se perdió la conexión de esta llamada. Ringside la está restableciendo; no cuelgues.',
  'audio.nothing-heard':
    'Desde hace cinco segundos no se oye nada del otro lado. Pregunta si te oyen; si no, cuelga y llama de nuevo.',
  'audio.no-microphone':
    'No se encontró ningún micrófono. Conecta uno y contesta de nuevo, o atiende la llamada en tu teléfono de mesa.',
  'audio.microphone-denied':
    'El sistema no deja que Ringside use el micrófono. Permítelo en los ajustes de privacidad y contesta de nuevo.',
  'audio.failed':
    'No se pudo preparar el audio de esta llamada. Tu administrador puede revisar los servidores ICE en los ajustes.',
  'audio-test.no-microphone': 'No se encontró ningún micrófono. Conecta uno y prueba de nuevo.',
  'audio-test.microphone-denied':
    'El sistema no deja que Ringside use el micrófono. Permítelo en los ajustes de privacidad y prueba de nuevo.',
  'audio-test.failed': 'No se pudo abrir el micrófono. Quizá lo usa otro programa: ciérralo o elige otro micrófono.',

  'phone.unreachable': ({ server }) =>
    `No se puede llegar a la central telefónica de ${server}. Revisa la red; Ringside sigue intentándolo.`,
  'phone.no-answer': ({ server }) => `La central telefónica de ${server} no responde. Ringside sigue intentándolo.`,
  'phone.nonsense': ({ server }) =>
    `Lo que responde en ${server} no es una central telefónica que Ringside entienda. Pide a tu administrador que revise la dirección; Ringside sigue intentándolo.`,
  'phone.untrusted': ({ server }) =>
    `En este equipo no se confía en el certificado de la central telefónica de ${server}. Pregunta a tu administrador.`,
  'phone.server-error': ({ server }) =>
    `La central telefónica de ${server} tiene un fallo propio. Ringside sigue intentándolo.`,
  'phone.wrong-password':
    'La central telefónica no acepta la contraseña de esta extensión. Pide la correcta a tu administrador.',
  'phone.unknown-extension': 'La central telefónica no conoce esta extensión. Pide a tu administrador que la revise.',
  'phone.forbidden': 'La central telefónica no deja que esta extensión se registre. Pregunta a tu administrador.',

  'desk-phone.asked-to-hang-up': ({ extension }) => `Se pidió al teléfono de mesa ${extension} que cuelgue.`,
  'desk-phone.rings': ({ extension }) => `El teléfono de mesa ${extension} suena. Descuélgalo y llamará.`,
  'desk-phone.asked-to-call': ({ extension }) => `Se pidió al teléfono de mesa ${extension} que llame.`,
  'desk-phone.did-not-call': ({ extension, why }) => `El teléfono de mesa ${extension} no llamó. ${why}`,
  'desk-phone.did-not-hang-up': ({ extension, why }) => `El teléfono de mesa ${extension} no colgó. ${why}`,
  'desk-phone.do-it-there': 'Hazlo en el propio teléfono de mesa.',
  'desk-phone.watch-retrying': ({ extension }) =>
    `La central telefónica no dice qué hace el teléfono de mesa ${extension}. Ringside sigue preguntando.`,
  'desk-phone.watch-refused': ({ extension }) =>
    `La central telefónica no deja que Ringside vigile el teléfono de mesa ${extension}. Pide a tu administrador que lo permita.`,
  'desk-phone.not-watched': ({ extension }) => `Ringside no vigila el teléfono de mesa ${extension}.`,
  'desk-phone.no-call': ({ extension, answer }) =>
    `La llamada del teléfono de mesa ${extension} no se estableció (${answer}).`,
  'desk-phone.nobody': ({ extension }) => `Nadie descolgó el teléfono de mesa ${extension}.`,
  'desk-phone.not-put-through': ({ extension, answer }) =>
    `No se pudo conectar el teléfono de mesa ${extension} (${answer}).`,
  'desk-phone.no-number': 'Ese no es un número que se pueda marcar.',
  'desk-phone.no-connection': 'Ahora no hay conexión con la central telefónica.',
  'desk-phone.only-rings': ({ extension }) =>
    `El teléfono de mesa ${extension} solo suena por ahora. Rechaza la llamada en el propio teléfono de mesa.`,
  'desk-phone.unclear': ({ extension }) =>
    `La central telefónica no dice lo suficiente de esta llamada para terminarla desde aquí. Cuelga en el propio teléfono de mesa ${extension}.`,
  'desk-phone.away': ({ extension }) =>
    `El teléfono de mesa ${extension} no está conectado ahora a la central telefónica.`,
  'desk-phone.busy': ({ extension }) => `El teléfono de mesa ${extension} está ocupado.`,
  'desk-phone.declined': ({ extension }) => `Se rechazó la llamada en el teléfono de mesa ${extension}.`,
  'desk-phone.no-answer': ({ extension }) => `El teléfono de mesa ${extension} no contestó.`,
  'desk-phone.dial-refused': ({ extension, answer }) =>
    `La central telefónica no deja que Ringside marque por el teléfono de mesa ${extension} (${answer}). Marca en el propio teléfono de mesa o pregunta a tu administrador.`,
  'desk-phone.hang-up-refused': ({ extension, answer }) =>
    `La central telefónica no deja que Ringside cuelgue por el teléfono de mesa ${extension} (${answer}). Cuelga en el propio teléfono de mesa.`,

  'browser.locked-seconds': ({ seconds }) =>
    `Se escribieron demasiados códigos de vinculación equivocados. Se puede crear uno nuevo en ${plural(seconds, { one: '# segundo', other: '# segundos' })}.`,
  'browser.locked-minutes': ({ minutes }) =>
    `Se escribieron demasiados códigos de vinculación equivocados. Se puede crear uno nuevo en ${plural(minutes, { one: '# minuto', other: '# minutos' })}.`,
  'browser.other-account': ({ other, own }) =>
    `Una página de Kommo de otra cuenta (${other}) busca a Ringside, que tiene la sesión iniciada en ${own}. Inicia sesión en ambos con el mismo usuario de la misma cuenta.`,
  'browser.other-user':
    'Una pestaña de Kommo tiene la sesión de otro usuario que Ringside. Inicia sesión en ambos con el mismo usuario.',
  'browser.no-port': ({ ports }) =>
    `Ringside no puede hablar con el navegador: otros programas usan todos sus puertos (${ports}). Cierra uno de ellos; Ringside sigue intentándolo.`,
  'browser.some': 'Un navegador',
  'browser.name': ({ browser, system }) => `${browser} en ${system}`,
  'browser.not-paired': 'Este navegador ya no está vinculado.',

  'history.damaged-none': ({ file }) =>
    `El historial de llamadas estaba dañado. No se pudo leer ninguna llamada; el archivo dañado queda guardado como ${file} para tu administrador.`,
  'history.damaged': ({ calls, file }) =>
    `El historial de llamadas estaba dañado. ${plural(calls, {
      one: 'Se conservó la única llamada que se pudo leer',
      other: 'Se conservaron # llamadas que se pudieron leer',
    })}; el archivo dañado queda guardado como ${file} para tu administrador.`,
  'history.unusable':
    'El historial de llamadas no se puede escribir en el disco: las llamadas se conservan solo hasta que Ringside se cierre. Haz sitio en el disco y vuelve a abrir Ringside.',
  'history.full':
    'El disco está lleno: las últimas llamadas se guardan en la memoria y siguen llegando a Kommo, pero se pierden si Ringside se cierra ahora. Haz sitio en el disco; Ringside las escribirá por sí solo.',
  'history.not-exported': ({ code }) =>
    `No se pudo escribir el archivo (${code}). Elige otra carpeta o haz sitio en el disco.`,
  'file.being-chosen': 'Ya hay una ventana abierta que pregunta dónde guardar. Responde primero a esa.',
  'file.unknown-error': 'error desconocido',
  'recording.none': 'No hay grabación de esta llamada.',
  'recording.no-address': 'La dirección de la grabación no se puede abrir.',
  'recording.not-opened':
    'No se pudo abrir la grabación. Elige un navegador predeterminado en los ajustes del sistema.',
  'recording.gave-up': 'La central no la tuvo a tiempo. La llamada en sí se conserva.',
  'recording.not-an-address':
    'La dirección de la grabación no es una dirección, así que el reproductor de Kommo no puede abrirla.',
  'recording.private':
    'La grabación está en una dirección privada: el reproductor de Kommo solo la abre donde se llega a esa red. Dale una dirección que cualquier navegador pueda abrir.',
  'recording.http':
    'La dirección de la grabación es http: la página de Kommo es https y los navegadores no le dejan reproducirla. Sirve las grabaciones por https.',
  'recording.wav':
    'La grabación es un archivo .wav, que el reproductor de Kommo quizá no reproduzca. Haz que la central guarde las grabaciones en mp3.',
  'delivery.was-for': ({ account }) => `Esta llamada era para la cuenta de Kommo ${account}.`,
  'delivery.is-for': ({ account }) =>
    `Es para la cuenta de Kommo ${account} y no va a ninguna otra. Inicia sesión allí.`,
  'delivery.given-up': 'Renunciaste a esta llamada al cerrar la sesión.',
  'delivery.not-looked-up':
    'La respuesta de Kommo se perdió y Kommo no te deja ver si la llamada está en su ficha. Pide a tu administrador el permiso para verla: para que no quede dos veces, solo se envía de nuevo después de mirar.',
  'delivery.unknown-agent':
    'Ringside aún no sabe quién tiene la sesión iniciada en Kommo. La llamada se guardará en cuanto lo sepa.',
  'delivery.no-tab':
    'No hay abierta ninguna pestaña de Kommo con Ringside. La llamada se mostrará allí cuando la haya.',
  'archive.not-made':
    'No se pudo crear el archivo. Elige otra carpeta; si no sirve, dile a soporte lo que muestra el registro.',

  'column.started': 'Inicio (UTC)',
  'column.answered': 'Contestada (UTC)',
  'column.ended': 'Fin (UTC)',
  'column.direction': 'Dirección',
  'column.result': 'Resultado',
  'column.number': 'Número',
  'column.name': 'Nombre',
  'column.card': 'Ficha de Kommo',
  'column.ring-seconds': 'Segundos sonando',
  'column.talk-seconds': 'Segundos hablando',
  'column.line': 'Línea',
  'column.extension': 'Extensión',
  'column.agent': 'Agente',
  'column.agent-result': 'Resultado del agente',
  'column.note': 'Nota',
  'column.transferred-to': 'Transferida a',
  'column.recording': 'Grabación',

  'settings.locked': 'Este ajuste no se puede cambiar aquí. Pregunta a tu administrador.',
  'settings.unknown-language': ({ language }) =>
    `Ringside no habla el idioma ${language} que consta en tus preferencias. Elige uno en los ajustes; hasta entonces vale el del sistema.`,
  'settings.unusable': 'Este ajuste no admite ese valor. Elige otro.',
  'settings.wait': 'Los ajustes del teléfono han cambiado. Valdrán en cuanto termine esta llamada.',
  'settings.no-vault':
    'Este sistema no tiene un lugar seguro para contraseñas. Ringside guarda las tuyas en un archivo que solo tú puedes leer; pregunta a tu administrador por un llavero de claves.',
  'policy.not-owned': ({ file, part }) =>
    `La directiva ${file} no se usa: otros que no son el administrador pueden cambiar ${part}. Haz que pertenezca a root y quita a los demás el permiso de escritura.`,
  'policy.unusable': ({ file, why }) =>
    `La directiva ${file} no se puede usar (${why}). Pide a tu administrador que la corrija.`,
  'policy.no-object': 'no es un objeto JSON',
  'policy.unreadable': 'No se puede leer la directiva de este equipo. Pide a tu administrador que la corrija.',
  'provisioning.unusable': ({ file, errors }) =>
    [`El archivo de ajustes ${file} no se puede usar:`, ...errors.map((error) => `  ${error}`)].join('\n'),
  'provisioning.field': ({ field, what }) => `${field}: ${what}`,
  'provisioning.set-up':
    'Ringside ya está configurado. Cierra primero la sesión de Kommo o pide a tu administrador que cambie la configuración.',
  'provisioning.question': '¿Configurar Ringside de nuevo?',
  'provisioning.leads-to': ({ host, servers }) =>
    `Este archivo lleva a Ringside al Kommo de ${host} y a la central de ${servers}. Tus llamadas pasarán entonces por esa central y se escribirán en esa cuenta. Di que sí solo si este archivo te lo dio tu administrador.`,
  'question.no': 'No, dejarlo como está',
  'provisioning.yes': 'Sí, usar este archivo',
  'question.open': 'Ya hay una ventana abierta con una pregunta. Responde primero a esa.',
  'provisioning.declined': 'Has dicho que no a este archivo. No ha cambiado nada.',
  'account.question': '¿Continuar con otra cuenta de Kommo?',
  'account.leads-to': ({ account, before }) =>
    `Tus llamadas se escribirían entonces en ${account} y ya no en ${before}. Di que sí solo si acabas de pedirlo.`,
  'account.yes': 'Sí, cambiar de cuenta',
  'account.over': 'Ese inicio de sesión ya terminó. Vuelve a iniciar sesión en la otra cuenta.',
  'account.declined': 'Has dicho que no a la otra cuenta. No ha cambiado nada.',
  'provisioning.chosen': 'que elegiste',
  'provisioning.policy': 'del sistema (directiva)',
  'provisioning.until-then': ({ what }) => `${what}\nHasta que se corrija, valen los ajustes de antes.`,
  'provisioning.unreadable': ({ file, why }) =>
    `El archivo de ajustes ${file} no se puede leer (${why}). Revisa su ruta y sus permisos.`,
  'provisioning.expected': ({ what }) => `se esperaba ${what}`,
  'provisioning.missing': ({ what }) => `falta; se esperaba ${what}`,
  'provisioning.no-such-field': 'no existe tal campo: quítalo o revisa cómo está escrito',
  'provisioning.json': 'JSON; no lo es',
  'provisioning.json-at': ({ position }) => `JSON; no lo es (en la posición ${position})`,

  'expected.value': 'un valor',
  'expected.object': 'un objeto { … }',
  'expected.text': 'texto',
  'expected.some-text': 'un texto que no esté vacío',
  'expected.list': 'una lista',
  'expected.flag': 'true o false',
  'expected.one-of': ({ values }) => `${values.slice(0, -1).join(', ')} o ${values.at(-1) ?? ''}`,
  'expected.whole-number': ({ min, max }) => `un número entero de ${min} a ${max}`,
  'expected.share': 'un número de 0 a 1',
  'expected.kommo-address': 'una dirección como https://acme.kommo.com',
  'expected.kommo-address-only': 'una dirección como https://acme.kommo.com, sin ruta',
  'expected.https': 'una dirección https (http solo en este equipo)',
  'expected.wss': 'una dirección wss como wss://pbx.acme.example/ws (ws solo en este equipo)',
  'expected.servers': 'una dirección wss, o una lista de una a ocho, la preferida primero',
  'expected.redirect':
    'una dirección http con un puerto de este equipo, como http://127.0.0.1:17653/oauth/callback, o una dirección https',
  'expected.sip-address': 'una dirección SIP como sip:101@pbx.acme.example',
  'expected.ice': 'una dirección como stun:stun.acme.example:3478',
  'expected.ice-list': 'una dirección como stun:stun.acme.example:3478, o una lista de ellas',
  'expected.desktops': 'un número de equipos, o sus extensiones, como "101-140, 205"',
  'expected.authorities':
    'el texto PEM de una autoridad de certificación (-----BEGIN CERTIFICATE-----…), o una lista de tales textos',
  'expected.extensions': 'una lista de extensiones',
  'expected.extension': 'una extensión',
  'expected.users': 'una lista de qué usuario tiene cada extensión',
  'expected.user': 'el número de un usuario de Kommo',
  'expected.private':
    'un número, el comienzo de uno como +1415*, o un usuario SIP; * por cualesquiera cifras, ? por una',
  'expected.numbers': 'una lista de números',
  'expected.box': 'el número de un buzón de voz como *97',
  'expected.country': 'un país como US',
  'expected.country-letters': 'un país de dos letras mayúsculas como US',
  'expected.line-header': '"Diversion", "To" o una cabecera como X-Line',
  'expected.header': 'el nombre de una cabecera',
  'expected.header-such-as': 'el nombre de una cabecera como X-Recording-URL',
  'expected.template': 'una dirección http(s) que puede contener {callId}',
  'expected.keys': 'teclas como CommandOrControl+Alt+A',
  'expected.fields': 'una lista de nombres de campos',
  'expected.certificate': 'un certificado en PEM; este no se puede leer',
  'expected.authority': 'el certificado de una autoridad (CA:TRUE), no el del servidor',
  'expected.valid-authority': ({ ended }) => `una autoridad que aún sea válida; esta terminó el ${ended}`,

  'toast.open': 'Abrir ficha',
  'toast.answer': 'Contestar',
  'toast.decline': 'Rechazar',
  'toast.incoming': 'Llamada entrante',
  'toast.in-call': 'En llamada',
  'toast.call': 'Llamada',
  'toast.calling': 'Llamando',
  'toast.watched': 'En el teléfono de mesa',
  'toast.watched-ringing': 'Suena en el teléfono de mesa',
  'toast.watched-calling': 'El teléfono de mesa está llamando',
  'toast.matches': ({ people }) => plural(people, { one: '# coincidencia', other: '# coincidencias' }),
  'toast.waiting': 'Estás en una llamada: al contestar queda en espera.',
  'toast.line': ({ line }) => `Línea: ${line}`,
  'toast.missed': 'Llamada perdida',
  'toast.voicemail': 'Fue al buzón de voz',
  'toast.still-there': 'Ringside sigue abierto',
  'toast.still-there-lead':
    'Recibe llamadas desde la bandeja del sistema. Para cerrarlo, elige allí Salir de Ringside.',
  'toasts.unsupported':
    'Este sistema no muestra notificaciones de Ringside. Las llamadas entrantes se muestran en su ventana.',
  'toasts.not-shown': 'El sistema no mostró la notificación.',
  'toasts.off-in-windows':
    'Windows tiene desactivadas las notificaciones de Ringside. Actívalas en Configuración, Sistema, Notificaciones.',
  'toasts.refused': 'El sistema rechazó la notificación. Las llamadas entrantes se muestran en la ventana de Ringside.',
  'toasts.none':
    'Este escritorio no muestra notificaciones ahora. Las llamadas entrantes se muestran en la ventana de Ringside.',

  'tray.registered': 'listo para llamadas',
  'tray.trying': 'conectando con la central telefónica',
  'tray.refused': 'sin conexión con la central telefónica',
  'tray.in-call': 'en una llamada',
  'tray.do-not-disturb': 'no molestar',
  'tray.state': ({ state }) => `Ringside: ${state}`,
  'tray.state-missed': ({ state, calls }) =>
    `Ringside: ${state} · ${plural(calls, { one: '# llamada perdida', other: '# llamadas perdidas' })}`,
  'tray.open': 'Abrir Ringside',
  'tray.quiet': 'No molestar',
  'tray.install': ({ version }) => `Instalar Ringside ${version}`,
  'tray.quit': 'Salir de Ringside',

  'update.ready': ({ version }) =>
    `Ringside ${version} está listo. Elige Instalar Ringside ${version} en el menú de la bandeja cuando te venga bien; Ringside se vuelve a abrir por sí solo.`,
  'update.later': 'Ringside no se actualiza durante una llamada. Elígelo de nuevo después.',

  'panel.refused': 'Rechazado.',
  'panel.unknown-request': 'Ringside no conoce esta solicitud.',
  'panel.unusable': 'Eso no le sirve a Ringside. Revisa lo que escribiste.',
  'panel.failed': 'Eso no funcionó. Inténtalo de nuevo.',
  'file.csv': 'Tabla (CSV)',
  'file.zip': 'Archivo comprimido (ZIP)',
  'start.refused': 'Ringside no puede iniciarse',
  'start.no-file': ({ flag }) => `Después de ${flag} hace falta un archivo.`,
  'start.no-folder': ({ flag }) => `Después de ${flag} hace falta una carpeta.`,
  'start.no-profile': ({ folder, why }) =>
    `No se puede crear la carpeta del perfil ${folder} (${why}). Indica otra con --profile.`,
  'start.running': 'Ringside ya está abierto con este perfil; se muestra su ventana.',
};
